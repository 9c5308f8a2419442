/** Every command that reads a stack, with the real engine: what it leaves alone, what it does not need, and what it says if it cannot. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labZoneId } from "../../support/account";
import type { LoopbackEngine } from "../../support/engine";
import { needsEngine } from "../../support/needs";
import { repositoryRoot } from "../../support/paths";
import { attempt } from "../../support/process";

/** Reads only; `prod` stands for the stack. */
const reading = {
  doctor: ["doctor", "--json"],
  status: ["status", "--json"],
  report: ["report", "--html", "page.html"],
  "support-bundle": ["support-bundle"],
  iam: ["iam"],
  kops: ["kops"],
  dns: ["dns", "bind"],
  "dns cutover": ["dns", "cutover", "--no-probe", "--zone-id", labZoneId],
  "forget-node": ["forget-node"],
} as const;
type Name = keyof typeof reading;
const names = Object.keys(reading) as Name[];

describe("commands that read a stack", function () {
  let engine: LoopbackEngine;
  let withoutPassphrase: NodeJS.ProcessEnv;

  const cli = async (args: readonly string[], env = engine.operatorEnv, cwd = engine.project) => {
    const main = join(repositoryRoot, "operator/cli/main.cjs");
    const result = await attempt(process.execPath, [main, ...args], { cwd, env });
    return { ...result, said: `${args.join(" ")}: ${result.stdout}${result.stderr}` };
  };
  /** Two at a time: each is a process that runs others. */
  const each = async (work: (name: Name) => Promise<void>): Promise<void> => {
    const left = [...names];
    const worker = async (): Promise<void> => {
      for (let name = left.shift(); name; name = left.shift()) await work(name);
    };
    await Promise.all([worker(), worker()]);
  };
  const selected = async (): Promise<unknown> => {
    const stacks = JSON.parse(await engine.pulumi(["stack", "ls", "--json"])) as { name: string; current: boolean }[];
    return stacks.filter(({ current }) => current).map(({ name }) => name);
  };

  before(async function () {
    engine = await needsEngine(this);
    await engine.addStack("prod", { mode: "load-balancer", appDomains: ["app.example.com"] }, "passphrase");
    await engine.addStack("dev");
    await engine.pulumi(["up", "--yes", "--skip-preview", "--stack", "prod"]);
    await engine.pulumi(["config", "set", "--secret", "--stack", "prod", "aws:token"], { input: "sesame-open" });
    await engine.pulumi(["stack", "select", "dev"]);
    withoutPassphrase = { ...engine.operatorEnv };
    delete withoutPassphrase["PULUMI_CONFIG_PASSPHRASE"];
  });
  after(() => engine?.stop());

  it("leave the selected stack, the settings and the state as they are, and need no passphrase", async () => {
    const remembered = async (): Promise<string[]> => {
      const folder = join(engine.pulumiHome, "workspaces");
      const files = (await readdir(folder)).map((name) => join(folder, name));
      return Promise.all([...files, join(engine.project, "Pulumi.prod.yaml")].map((file) => readFile(file, "utf8")));
    };
    const before = await remembered();
    const state = await engine.pulumi(["stack", "export", "--stack", "prod"]);
    assert.deepEqual(await selected(), ["dev"]);
    await each(async (name) => {
      // An archive without secrets takes all secrets to be known.
      const env = name === "support-bundle" ? engine.operatorEnv : withoutPassphrase;
      const { status, said } = await cli([...reading[name], "--stack", "prod"], env);
      // The account has no data path: what looks at it finds faults.
      assert.ok(status === 0 || (status === 1 && ["doctor", "status"].includes(name)), said);
      assert.deepEqual(await remembered(), before, said);
    });
    assert.deepEqual(await selected(), ["dev"]);
    assert.equal(await engine.pulumi(["stack", "export", "--stack", "prod"]), state);
  });

  it("say in one line that there is no such stack", async () => {
    const expected =
      "error: expected a stack 'nope' in the back end, found none: see 'pulumi stack ls', or create it with 'pulumi stack init nope'\n";
    await each(async (name) => {
      const { status, stdout, stderr } = await cli([...reading[name], "--stack", "nope"]);
      assert.deepEqual([stdout, stderr], ["", expected], name);
      assert.equal(status, name === "doctor" || name === "status" ? 2 : 1, name);
    });
  });

  it("say in one line that there is no project, no engine, no login, another passphrase, or a stack that is not up", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "ksi-no-project-"));
    const without = (...keys: string[]): NodeJS.ProcessEnv =>
      Object.fromEntries(Object.entries(engine.operatorEnv).filter(([key]) => !keys.includes(key)));
    const bind = ["dns", "bind", "--stack"];
    const cases: [said: RegExp, result: Promise<{ status: number | null; stdout: string; stderr: string }>][] = [
      [/expected a project \(Pulumi\.yaml\) in .*, found none/, cli([...bind, "prod", "--cwd", elsewhere])],
      [
        /expected the Pulumi engine \('pulumi' on PATH\), found none/,
        cli([...bind, "prod"], { ...without(), PATH: "/" }),
      ],
      [/expected a login to the back end/, cli([...bind, "prod"], without("PULUMI_BACKEND_URL"))],
      [
        /expected a stack of mode dual-ip, which has HAProxy on the node, found mode load-balancer/,
        cli(["pause", "--stack", "prod"]),
      ],
      [/expected a stack that is up, found 'dev' without outputs: pulumi up --stack dev/, cli([...bind, "dev"])],
      [
        /expected the passphrase of its secrets, found another/,
        cli(["support-bundle", "--stack", "prod"], { ...engine.operatorEnv, PULUMI_CONFIG_PASSPHRASE: "wrong" }),
      ],
      [
        /expected the passphrase of its secrets, found none/,
        cli(["support-bundle", "--stack", "prod"], withoutPassphrase),
      ],
    ];
    for (const [said, result] of cases) {
      const { status, stdout, stderr } = await result;
      assert.equal(status, 1);
      assert.equal(stdout, "");
      assert.match(stderr, said);
      assert.match(stderr, /^error: .*\n$/);
    }
    await rm(elsewhere, { recursive: true });
  });

  describe("that calls AWS by a profile, a role and endpoints of its own", () => {
    const role = "arn:aws:iam::123456789012:role/deploy";
    let env: NodeJS.ProcessEnv;
    let directory: string;

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), "ksi-profile-"));
      await writeFile(
        join(directory, "credentials"),
        "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = work\n",
      );
      const { url } = engine.endpoint;
      const endpoints = Object.fromEntries(
        ["ec2", "elbv2", "sts", "autoscaling", "route53"].map((service) => [service, url]),
      );
      for (const [key, value] of Object.entries({
        profile: "work",
        endpoints: JSON.stringify([endpoints]),
        assumeRoles: JSON.stringify([{ roleArn: role, sessionName: "cutover" }]),
      }))
        await engine.pulumi(["config", "set", "--stack", "prod", `aws:${key}`, value]);
      // All of it leads elsewhere.
      env = {
        ...engine.operatorEnv,
        AWS_SHARED_CREDENTIALS_FILE: join(directory, "credentials"),
        AWS_ENDPOINT_URL: "http://127.0.0.1:9",
        AWS_REGION: "us-west-2",
        AWS_ACCESS_KEY_ID: "AKIAELSEWHERE",
      };
    });
    after(() => rm(directory, { recursive: true }));

    /** Who called which service. */
    const callers = (): string[] =>
      [
        ...new Set(
          engine.calls.map(({ service, principal, arn }) =>
            service === "sts" ? `sts ${principal}` : `${service} ${arn}`,
          ),
        ),
      ].sort();
    const session = "arn:aws:sts::123456789012:assumed-role/deploy/cutover";
    const address = (): string[] =>
      engine.endpoint.account.hostedZones[0]?.records.find(({ name }) => name === "app.example.com.")?.values ?? [];

    it("`dns cutover` and `dns rollback` call Route 53 as the stack does", async () => {
      engine.calls.length = 0;
      const cutover = [...reading["dns cutover"], "--stack", "prod", "--yes", "--rollback-file", "back.json"];
      const there = await cli(cutover, env);
      assert.equal(there.status, 0, there.said);
      const { ingressPublicIp } = JSON.parse(await engine.pulumi(["stack", "output", "--json", "--stack", "prod"])) as {
        ingressPublicIp: string;
      };
      assert.deepEqual(address(), [ingressPublicIp]);
      assert.deepEqual(callers(), [`route53 ${session}`, "sts AKIAWORK"]);

      const file = join(engine.project, "back.json");
      const back = JSON.parse(await readFile(file, "utf8")) as { place: { connection?: { region?: string } } };
      assert.equal(back.place.connection?.region, "eu-central-1");
      engine.calls.length = 0;
      const rollback = await cli(["dns", "rollback", file, "--yes"], env);
      assert.equal(rollback.status, 0, rollback.said);
      assert.deepEqual(address(), []);
      assert.deepEqual(callers(), [`route53 ${session}`, "sts AKIAWORK"]);
    });

    it("`dns rollback` takes a file without a connection, and calls Route 53 as the environment says", async () => {
      const [old] = engine.endpoint.account.hostedZones[0]?.records ?? [];
      assert.ok(old);
      const file = join(directory, "older.json");
      const after = { name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.99"] };
      const place = { kind: "route53", zoneId: labZoneId };
      await writeFile(
        file,
        JSON.stringify({ schemaVersion: 1, madeAt: new Date().toISOString(), place, changes: [{ before: after }] }),
      );
      engine.calls.length = 0;
      const { status, said } = await cli(["dns", "rollback", file, "--yes"]);
      assert.equal(status, 0, said);
      assert.deepEqual(address(), after.values);
      assert.deepEqual(callers(), ["route53 arn:aws:iam::123456789012:user/operator"]);
    });

    it("the doctor calls every service as the stack does", async () => {
      engine.calls.length = 0;
      const { said } = await cli(["doctor", "--json", "--stack", "prod"], env);
      assert.deepEqual(
        callers(),
        ["autoscaling", "ec2", "elasticloadbalancing"].map((service) => `${service} ${session}`).concat("sts AKIAWORK"),
        said,
      );
    });
  });
});
