import assert from "node:assert/strict";
import { DescribeAddressesCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { profileByKey, profileOf } from "../../../lab/aws/instanceProfile";
import { cluster, freshAccount, instanceId, refuses, useEndpoint } from "./harness";

describe("lab: the credentials of an instance", () => {
  const lab = useEndpoint();

  const profile = () => {
    const [instance] = lab.account.instances;
    assert(instance);
    return profileOf(instance);
  };
  interface Credentials {
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken?: string;
  }
  const own = (): Credentials => {
    const { accessKeyId, secretAccessKey, token } = profile();
    return { accessKeyId, secretAccessKey, sessionToken: token };
  };
  const ask = (credentials: Credentials, change: (client: EC2Client) => void = () => undefined): Promise<unknown> => {
    const client = lab.ec2With({ credentials });
    change(client);
    return client.send(new DescribeAddressesCommand({}));
  };
  /** Changes a request after it was signed. */
  const after =
    (work: (request: { headers: Record<string, string>; body: string; method: string }) => void) =>
    (client: EC2Client): void =>
      client.middlewareStack.add(
        (next) => (args) => {
          work(args.request as never);
          return next(args);
        },
        { step: "deserialize", name: "tamper", priority: "low" },
      );

  it("are of its role, and known by their key", () => {
    const account = freshAccount();
    const [instance] = account.instances;
    assert(instance);
    const { role, accessKeyId, secretAccessKey, token } = profileOf(instance);
    assert.equal(role, `masters.${cluster}`);
    assert.equal(accessKeyId, `ASIA${instanceId.slice(-16).toUpperCase()}`);
    assert.match(secretAccessKey, /^[A-Za-z0-9+/=]{40}$/);
    assert.ok(token.length > 40 && token.slice(0, 40) !== secretAccessKey);
    assert.equal(profileByKey(account, accessKeyId)?.instance, instance);
    assert.equal(profileByKey(account, "ASIA0000000000000000"), undefined);
    const other = profileOf({ ...instance, instanceId: "i-0a1b2c3d4e5f60009", tags: {} });
    assert.equal(other.role, "masters.");
    assert.notEqual(other.secretAccessKey, secretAccessKey);
  });

  it("are accepted as AWS's own SDK signs with them", async () => {
    await assert.doesNotReject(ask(own()));
    lab.sts.config.credentials = () => Promise.resolve(own()) as never;
    assert.match(
      (await lab.sts.send(new GetCallerIdentityCommand({}))).Arn ?? "",
      new RegExp(`assumed-role/masters\\.${cluster}/${instanceId}$`),
    );
  });

  for (const [name, credentials] of Object.entries<() => Credentials>({
    "with another secret": () => ({ ...own(), secretAccessKey: "x".repeat(40) }),
    "with another token": () => ({ ...own(), sessionToken: "x" }),
    "without the token": () => ({ accessKeyId: own().accessKeyId, secretAccessKey: own().secretAccessKey }),
  }))
    it(`are refused ${name}`, () => refuses(ask(credentials()), "AuthFailure", "not able to validate"));

  for (const [name, work] of Object.entries<Parameters<typeof after>[0]>({
    "a header of AWS's that the signature does not cover": ({ headers }) => (headers["x-amz-meta"] = "x"),
    "another date": ({ headers }) => (headers["x-amz-date"] = "20200101T000000Z"),
    "a signature cut short": ({ headers }) => (headers["authorization"] = headers["authorization"]?.slice(0, -1) ?? ""),
    "another body": (request) => {
      request.body = request.body.replace("Version=", "MaxResults=9&Version=");
      request.headers["content-length"] = String(request.body.length);
    },
  }))
    it(`are refused for a request with ${name}`, () =>
      refuses(ask(own(), after(work)), "AuthFailure", "not able to validate"));

  it("may come with more headers that are nobody's business", () =>
    assert.doesNotReject(
      ask(
        own(),
        after(({ headers }) => (headers["x-request"] = "1")),
      ),
    ));
});
