/** The policy pack as `pulumi` runs it. */
import assert from "node:assert/strict";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { labCluster } from "../../lab/cloud/labAccount";
import { repositoryRoot, transpilation } from "../../lab/paths";
import { CommandFailed } from "../../lab/process";
import type { LoopbackEngine } from "../support/engine";
import { needsEngine } from "../support/needs";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHfv7gLQIetkzFelszizv2Vizr5OQ6A6uajC7MosPX/0";

describe("policy pack, with the engine", function () {
  this.timeout(120_000);
  let engine: LoopbackEngine;
  before(async function () {
    engine = await needsEngine(this);
  });
  after(() => engine?.stop());

  const preview = (stack: string, cwd = engine.project, ...more: string[]): Promise<string> =>
    engine.pulumi(["preview", "--stack", stack, "--policy-pack", join(repositoryRoot, "policy"), ...more], { cwd });
  const refusal = (work: Promise<string>): Promise<string> =>
    work.then(
      () => assert.fail("expected the preview to fail"),
      (error: unknown) => (error instanceof CommandFailed ? error.finished.stdout : String(error)),
    );
  /** A program beside the project's, for what the project's own settings refuse. */
  const program = async (name: string, text: string): Promise<string> => {
    const directory = join(engine.project, "..", name);
    await mkdir(directory);
    await writeFile(join(directory, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\n`);
    await writeFile(join(directory, "Pulumi.prod.yaml"), "config:\n  aws:region: eu-central-1\n");
    for (const file of transpilation) await cp(join(repositoryRoot, file), join(directory, file), { recursive: true });
    const component = `const { IngressMode, SecondaryIngressIp } = require(${JSON.stringify(join(repositoryRoot, "components"))});`;
    await writeFile(join(directory, "index.ts"), `${component}\n${text}\n`);
    await symlink(join(repositoryRoot, "node_modules"), join(directory, "node_modules"));
    await writeFile(join(directory, "package.json"), "{}");
    await engine.pulumi(["stack", "init", "prod", "--no-select"], { cwd: directory });
    return directory;
  };
  const dualIp = (ssh: object, options: object = {}): string =>
    `new SecondaryIngressIp("ingress", { mode: IngressMode.DualIp, clusterName: "${labCluster}", ssh: ${JSON.stringify(ssh)} }, ${JSON.stringify(options)});`;

  it("finds nothing against dev", async () => {
    await engine.addStack("dev");
    const shown = await preview("dev");
    assert.match(shown, /kops-secondary-ingress/);
    assert.doesNotMatch(shown, /\[(advisory|mandatory)\]/);
  });

  it("lets prod pass, and advises on the address and on the API", async () => {
    await engine.addStack("prod", {
      mode: "dual-ip",
      appDomains: ["app.example.com"],
      ssh: { user: "admin", hostKey },
    });
    const shown = await preview("prod");
    assert.match(shown, /\[advisory\] +ingress-address-protected/);
    assert.match(shown, /\[advisory\] +api-open-to-everyone/);
    assert.doesNotMatch(shown, /\[mandatory\]/);
  });

  it("says nothing of the API where it has a list", async () => {
    const settings = { mode: "dual-ip", ssh: { user: "admin", hostKey }, apiAllowedCidrs: ["192.0.2.0/24"] };
    await engine.addStack("listed", settings);
    assert.doesNotMatch(await preview("listed"), /api-open-to-everyone/);
  });

  it("takes levels and settings from a file, as docs/policy.md says", async () => {
    await engine.addStack("accepted", { mode: "dual-ip", ssh: { user: "admin", hostKey } });
    const page = await readFile(join(repositoryRoot, "docs/policy.md"), "utf8");
    const config = join(engine.project, "policy.json");
    await writeFile(config, /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "");
    const said = await refusal(preview("accepted", undefined, "--policy-pack-config", config));
    assert.match(said, /\[mandatory\] +ingress-address-protected/);
    assert.doesNotMatch(said, /api-open-to-everyone/);
  });

  it("refuses a connection without a host key, which is secret in the stack", async () => {
    const cwd = await program("careless", dualIp({ user: "admin", hostKey: "" }));
    const said = await refusal(preview("prod", cwd));
    assert.match(said, /\[mandatory\] +ssh-host-key-required/);
    assert.match(said, /connection\.hostKey: expected/);
  });

  it("is content with a component that is protected", async () => {
    const cwd = await program("careful", dualIp({ user: "admin", hostKey }, { protect: true }));
    assert.doesNotMatch(await preview("prod", cwd), /ingress-address-protected/);
  });

  it("refuses public statistics, long-lived records and open ports of the node, each by name", async () => {
    const cwd = await program(
      "reckless",
      `const aws = require("@pulumi/aws"), { remote } = require("@pulumi/command");
       new remote.Command("ingress-haproxy-config", { connection: { host: "h", hostKey: "${hostKey}" }, create: "true", stdin: "frontend s\\n  bind *:8404\\n  stats enable\\n" });
       new aws.route53.Record("app", { zoneId: "Z1", name: "app", type: "A", ttl: 3600, records: ["203.0.113.10"] });
       new aws.vpc.SecurityGroupIngressRule("api", { securityGroupId: "sg-1", ipProtocol: "tcp", fromPort: 6443, toPort: 6443, cidrIpv4: "0.0.0.0/0" });`,
    );
    const said = await refusal(preview("prod", cwd));
    for (const name of ["haproxy-statistics-on-loopback", "dns-ttl-short", "node-ports-closed"]) {
      assert.match(said, new RegExp(`\\[mandatory\\] +${name}`), said);
    }
  });
});
