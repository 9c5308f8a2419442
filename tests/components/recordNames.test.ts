/** Whatever else has a say in a stack's names is found when the stack takes them, and goes by the printed command. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ChangeResourceRecordSetsCommand, type ResourceRecordSet, Route53Client } from "@aws-sdk/client-route-53";
import { recordNamesProvider as provider, type RecordNamesInputs } from "../../components/recordNames";
import { route53Authority } from "../../operator/cutover/route53";
import { labZoneId } from "../support/account";
import { awsCli } from "../support/awsCli";
import { onEndpoint } from "../support/endpoint";

const name = "app.eu.example.com.";
const stack = "kops-secondary-ingress/prod";
const values = (Type: "A" | "AAAA" | "CNAME" | "HTTPS" | "NS" | "TXT", ...all: string[]): ResourceRecordSet => ({
  Name: name,
  Type,
  TTL: 300,
  ResourceRecords: all.map((Value) => ({ Value })),
});
const alias: ResourceRecordSet = {
  Name: name,
  Type: "AAAA",
  AliasTarget: { HostedZoneId: "Z215JYRZR1TBD5", DNSName: "apps-1.elb.example.net.", EvaluateTargetHealth: true },
};
const mark = (at: string): ResourceRecordSet => ({
  ...values("TXT", '"heritage=external-dns,external-dns/owner=default,external-dns/resource=ingress/web/shop"'),
  Name: at,
});

describe("the names that a stack takes in a hosted zone", function () {
  const aws = onEndpoint();
  let cli: Awaited<ReturnType<typeof awsCli>>;
  let client: Route53Client;
  before(async () => {
    cli = await awsCli();
  });
  beforeEach(() => (client = new Route53Client({})));
  afterEach(() => client.destroy());

  const put = (...sets: ResourceRecordSet[]): Promise<unknown> =>
    client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: labZoneId,
        ChangeBatch: { Changes: sets.map((ResourceRecordSet) => ({ Action: "UPSERT", ResourceRecordSet })) },
      }),
    );
  const inputs = (change: Partial<RecordNamesInputs> = {}): RecordNamesInputs => ({
    zoneId: labZoneId,
    names: [name],
    overwrite: false,
    stacks: [stack],
    connection: {},
    caller: "arn:aws:iam::123456789012:user/operator",
    ...change,
  });
  const refusals = async (
    change: Partial<RecordNamesInputs> = {},
    olds = {} as RecordNamesInputs,
  ): Promise<string[]> => {
    const { failures = [] } = (await provider.check?.(olds, inputs(change))) ?? {};
    return failures.map(({ reason }) => reason);
  };
  /** Runs the commands of a message, as sh does. */
  const run = async (message: string): Promise<void> => {
    const commands = [...message.matchAll(/, (aws route53 change-resource-record-sets .*)$/gm)].map(([, each]) => each);
    assert.ok(commands.length > 0, message);
    for (const command of commands)
      await promisify(execFile)("sh", ["-ec", `aws() { ${cli.command("awscli").join(" ")} "$@"; }; ${command}`], {
        env: { ...process.env, ...cli.env, AWS_DEFAULT_REGION: "eu-central-1", AWS_PAGER: "" },
      });
  };

  it("are free in a zone that has nothing there, with records beside them", async () => {
    await put(
      { ...values("CNAME", "old.example.net."), Name: "other.eu.example.com." },
      { ...values("AAAA", "2001:db8::1"), Name: "sub.app.eu.example.com." },
      { ...values("AAAA", "2001:db8::1"), Name: "*.eu.example.com." },
      { ...values("NS", "ns.example.net."), Name: "us.example.com." },
      mark("a-other.eu.example.com."),
      { ...values("TXT", '"v=spf1 -all"') },
      { ...values("HTTPS", "1 . alpn=h2") },
    );
    assert.deepEqual(await refusals(), []);
    assert.deepEqual(await refusals({ names: ["example.com."] }), [], "the zone's own NS records are its own");
  });

  const others: Record<string, { sets: ResourceRecordSet[]; names?: string; says: RegExp; cutOver?: true }> = {
    "a CNAME": {
      sets: [values("CNAME", "old.example.net.")],
      says: /found CNAME old\.example\.net\.: delete it/,
      cutOver: true,
    },
    "an AAAA": { sets: [values("AAAA", "2001:db8::1")], says: /found AAAA 2001:db8::1: delete it/, cutOver: true },
    "an alias for IPv6": { sets: [alias], says: /found AAAA alias of apps-1\.elb\.example\.net\./, cutOver: true },
    "one of several weighted sets": {
      sets: [{ ...values("A", "192.0.2.1"), SetIdentifier: "blue", Weight: 10 }],
      says: /found A 192\.0\.2\.1 \(set blue, one of those that Route 53 chooses from\): delete it/,
    },
    "sets chosen by latency": {
      sets: [
        { ...values("A", "192.0.2.1"), SetIdentifier: "eu", Region: "eu-central-1" },
        { ...values("A", "192.0.2.2"), SetIdentifier: "us", Region: "us-east-1" },
      ],
      says: /\(set eu, .*\n.*\(set us, /,
    },
    "a service binding that leads elsewhere": {
      sets: [values("HTTPS", "0 cdn.example.net.")],
      says: /found HTTPS 0 cdn\.example\.net\./,
    },
    "a service binding with addresses": {
      sets: [values("HTTPS", "1 . alpn=h2 ipv6hint=2001:db8::1")],
      says: /found HTTPS 1 \. alpn=h2 ipv6hint/,
    },
    "external-dns' mark": {
      sets: [mark(name)],
      says: /found external-dns, which writes it for ingress\/web\/shop, owner default \(TXT app\.eu\.example\.com\.\): take the name out/,
    },
    "external-dns' mark of its newer form": { sets: [mark(`cname-${name}`)], says: /found external-dns/ },
  };
  for (const [what, { sets, says, cutOver }] of Object.entries(others))
    it(`are not taken with ${what}, overwriteRecords or not, and are with the printed command`, async () => {
      await put(...sets);
      const [message = ""] = await refusals({ overwrite: true });
      assert.match(message, /^appDomains: expected names that nothing else answers for or writes in the hosted zone Z/);
      assert.match(message, says);
      assert.match(message, /Nothing was changed/);
      const before = route53Authority(labZoneId, client);
      if (cutOver) await before.refuseOthers?.([name]);
      else await assert.rejects(async () => before.refuseOthers?.([name]), says);
      await run(message);
      assert.deepEqual(await refusals(), []);
      await before.refuseOthers?.([name]);
    });

  it("are not taken in a zone that has given them away, at the name or above it", async () => {
    for (const above of [name, "eu.example.com."]) {
      const delegation = { ...values("NS", "ns.example.net."), Name: above };
      await put(delegation);
      const [message = ""] = await refusals();
      assert.ok(
        message.includes(`app.eu.example.com: found ${above} given to another zone (NS ns.example.net.)`),
        message,
      );
      assert.ok(message.includes(`aws route53 list-hosted-zones-by-name --max-items 1 --dns-name ${above}`), message);
      await assert.rejects(async () => route53Authority(labZoneId, client).refuseOthers?.([name]), /given to another/);
      await client.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: labZoneId,
          ChangeBatch: { Changes: [{ Action: "DELETE", ResourceRecordSet: delegation }] },
        }),
      );
    }
  });

  it("are taken over from an A record of somebody's with overwriteRecords alone, and not asked for the stack's own", async () => {
    await put(values("A", "192.0.2.1"));
    const [message = ""] = await refusals();
    assert.match(
      message,
      /found A 192\.0\.2\.1: take it over, pulumi config set --stack prod kops-secondary-ingress:overwriteRecords true/,
    );
    assert.deepEqual(await refusals({ overwrite: true }), []);
    aws().endpoint.account.addresses.push({
      allocationId: "eipalloc-0123456789abcdef0",
      publicIp: "192.0.2.1",
      networkBorderGroup: "eu-central-1",
      publicIpv4Pool: "amazon",
      tags: { "kops-secondary-ingress:stack": stack },
    });
    assert.deepEqual(await refusals(), [], "a state of an earlier release has the record");
    assert.equal((await refusals({ stacks: ["kops-secondary-ingress/other"] })).length, 1);
  });

  it("say all that is in the way at once", async () => {
    await put(values("AAAA", "2001:db8::1"), {
      ...values("CNAME", "old.example.net."),
      Name: "\\052.apps.example.com.",
    });
    const all = await refusals({ names: ["*.apps.example.com.", "free.example.com.", name] });
    assert.equal(all.length, 1);
    assert.match(
      all[0] ?? "",
      /\n {2}\*\.apps\.example\.com: found CNAME.*\n {2}app\.eu\.example\.com: found AAAA.*\n/,
    );
    await run(all[0] ?? "");
    assert.deepEqual(await refusals({ names: ["*.apps.example.com.", name] }), []);
  });

  it("are asked for once: what the stack has taken stays its own, in this zone", async () => {
    await put(values("A", "192.0.2.1"), { ...values("CNAME", "old.example.net."), Name: "new.example.com." });
    const calls = aws().calls.length;
    assert.deepEqual(await refusals({}, inputs()), []);
    assert.equal(aws().calls.length, calls);
    const [more = ""] = await refusals({ names: ["new.example.com.", name] }, inputs());
    assert.match(more, /new\.example\.com: found CNAME/);
    assert.doesNotMatch(more, /192\.0\.2\.1/);
    assert.equal((await refusals({}, inputs({ zoneId: "Z9" }))).length, 1);
  });

  it("wait for a zone that a preview cannot know yet", async () => {
    assert.deepEqual(await refusals({ zoneId: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }), []);
    assert.deepEqual(aws().calls, []);
  });
});
