/** `secondary-ingress adopt` with the real engine, an AWS endpoint and an SSH server; the node's answers are given. */
import assert from "node:assert/strict";
import {
  AllocateAddressCommand,
  AssignPrivateIpAddressesCommand,
  AssociateAddressCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { handMadeHaproxy } from "../../hostfiles/handMadeNode";
import type { LoopbackEngine } from "../../support/engine";
import { needsEngine } from "../../support/needs";
import { repositoryRoot } from "../../support/paths";
import { attempt } from "../../support/process";
import { foreignKey, loginKey, type SshServer, startLibraryServer } from "../../support/sshServer";

const secondary = "172.20.45.38";

/** Stands for `sudo` on the node: each of the two scripts gets its answer. */
const sudo = `#!/bin/sh
here=$(dirname "$0")
read -r begin && eval "$begin"
if grep -q '^echo "securePort'; then cat "$here/clues"; else cat "$here/inspection"; fi
`;

const clues = [
  ...["securePort 8443", "bindAddress 127.0.0.1", "takenOver no"],
  ...handMadeHaproxy()
    .replace(/30443$/m, "31443 send-proxy-v2")
    .replace(/30080$/m, "30080 send-proxy-v2")
    .split("\n")
    .map((line) => `haproxy ${line}`),
];
const inspection = [
  `layout - address ${secondary}/16 on ens5`,
  `layout haproxy.service https ${secondary}:443`,
  "layout kube-api-forward.service api 172.20.45.37:443",
  `secondary ${secondary}`,
  "finished yes",
];
const fault = [
  "preflight The node is not ready; nothing was changed:",
  "preflight   HAND_MADE_SERVES_MORE: expected a layout, found haproxy on 127.0.0.1:5432",
  "preflight     fix: give it a unit of its own",
];

describe("adopt", function () {
  let engine: LoopbackEngine;
  let server: SshServer;
  let directory: string;
  let allocationId: string;
  const path = process.env["PATH"];

  const answer = async (name: "clues" | "inspection", lines: readonly string[]): Promise<void> =>
    writeFile(join(directory, name), `${lines.join("\n")}\n`);
  const cli = async (...args: string[]) => {
    const main = join(repositoryRoot, "operator/cli/main.cjs");
    const finished = await attempt(process.execPath, [main, "adopt", ...args], {
      cwd: engine.project,
      env: engine.operatorEnv,
    });
    return { ...finished, said: `${finished.stdout}${finished.stderr}` };
  };
  const settingsFile = (stack: string): Promise<string> =>
    readFile(join(engine.project, `Pulumi.${stack}.yaml`), "utf8");
  const addStack = async (name: string, key: string): Promise<void> => {
    const { port, user } = server;
    const ssh = { host: "127.0.0.1", port, user, hostKey: server.hostKey("ed25519") };
    await engine.addStack(name, { mode: "dual-ip", ssh });
    const secret = ["config", "set", "--secret", "--stack", name, "kops-secondary-ingress:sshPrivateKey"];
    await engine.pulumi(secret, { input: key });
  };

  before(async function () {
    engine = await needsEngine(this);
    directory = await mkdtemp(join(tmpdir(), "ksi-adopt-"));
    await writeFile(join(directory, "sudo"), sudo, { mode: 0o755 });
    process.env["PATH"] = `${directory}:${path}`;
    server = await startLibraryServer();
    await engine.addStack("dev");
    await addStack("prod", loginKey.private);
    await addStack("stranger", foreignKey.private);
    await engine.pulumi(["stack", "select", "dev"]);
    const { networkInterfaceId: NetworkInterfaceId } = engine.endpoint.account.networkInterfaces[0] ?? {};
    const client = new EC2Client({
      endpoint: engine.endpoint.url,
      region: "eu-central-1",
      credentials: { accessKeyId: "AKIATEST", secretAccessKey: "test" },
    });
    await client.send(new AssignPrivateIpAddressesCommand({ NetworkInterfaceId, PrivateIpAddresses: [secondary] }));
    const { AllocationId } = await client.send(new AllocateAddressCommand({ Domain: "vpc" }));
    await client.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId, PrivateIpAddress: secondary }));
    allocationId = String(AllocationId);
  });
  beforeEach(async () => {
    await answer("clues", clues);
    await answer("inspection", inspection);
  });
  after(async () => {
    process.env["PATH"] = path;
    await server?.stop();
    await engine?.stop();
    if (directory) await rm(directory, { recursive: true });
  });

  it("prints the settings and sets none", async () => {
    const settings = await settingsFile("prod");
    const { status, stdout, stderr, said } = await cli("--stack", "prod");
    assert.equal(status, 0, said);
    assert.equal(stderr, "looking at AWS and the node …\n");
    assert.match(stdout, /^ {2}haproxy\.service +172\.20\.45\.38:443 → the ingress controller, NodePort 31443$/m);
    assert.match(
      stdout,
      /^ {2}pulumi config set --stack prod kops-secondary-ingress:secondaryPrivateIp 172\.20\.45\.38$/m,
    );
    assert.doesNotMatch(said, /PRIVATE KEY/);
    assert.equal(await settingsFile("prod"), settings);
  });

  it("sets nothing while something stands in the way, and ends with 1", async () => {
    await answer("inspection", [...fault, ...inspection]);
    const settings = await settingsFile("prod");
    const { status, stdout, said } = await cli("--stack", "prod", "--write");
    assert.equal(status, 1, said);
    assert.match(stdout, /✗ HAND_MADE_SERVES_MORE: expected a layout, found .*\n +fix: give it a unit of its own/);
    assert.equal(await settingsFile("prod"), settings);
  });

  it("sets nothing where nothing was made by hand", async () => {
    await answer("inspection", ["secondary ", "finished yes"]);
    const settings = await settingsFile("prod");
    const { status, stdout, said } = await cli("--stack", "prod", "--write");
    assert.equal(status, 0, said);
    assert.match(stdout, /^No layout made by hand on i-\w+ of k8s\.example\.com\.\n$/);
    assert.equal(await settingsFile("prod"), settings);
  });

  it("ends with 2 and one line where it cannot look", async () => {
    for (const [stack, says] of [
      ["dev", /expected a stack of mode dual-ip, found mode node-port: pulumi config set/],
      ["stranger", /expected a login as \S+ at 127\.0\.0\.1 with password-less sudo, found: .*authentication/],
      ["nope", /expected a stack 'nope' in the back end/],
    ] as const) {
      const { status, stdout, stderr, said } = await cli("--stack", stack);
      assert.equal(status, 2, said);
      assert.equal(stdout, "");
      assert.match(stderr, says);
      assert.match(stderr, /(?:^|…\n)error: .*\n$/);
    }
    await answer("inspection", inspection.slice(0, 2));
    const { status, stderr } = await cli("--stack", "prod", "--json");
    assert.deepEqual([status, stderr], [2, "error: expected the node's whole answer, found it cut short\n"]);
  });

  it("sets the settings with --write, in that stack alone, and has none left to set", async () => {
    const written = await cli("--stack", "prod", "--write");
    assert.equal(written.status, 0, written.said);
    assert.match(written.stdout, /^set in stack prod\n {2}kops-secondary-ingress:secondaryPrivateIp 172\.20\.45\.38$/m);
    assert.match(written.stdout, /^ {2}kops-secondary-ingress:httpsNodePort 31443 \(was 30443\)$/m);
    const { config } = parse(await settingsFile("prod")) as { config: Record<string, unknown> };
    const set = [
      "secondaryPrivateIp",
      "allocationId",
      "httpsNodePort",
      "proxyProtocol",
      "adopt",
      "httpNodePort",
      "apiLocalPort",
    ];
    assert.deepEqual(
      set.map((key) => String(config[`kops-secondary-ingress:${key}`])),
      [secondary, allocationId, "31443", "true", "true", "undefined", "undefined"],
    );
    const stacks = JSON.parse(await engine.pulumi(["stack", "ls", "--json"])) as { name: string; current: boolean }[];
    assert.deepEqual(
      stacks.filter(({ current }) => current).map(({ name }) => name),
      ["dev"],
    );
    const again = await cli("--stack", "prod", "--write", "--json");
    assert.equal(again.status, 0, again.said);
    const { written: changed, settings, found } = JSON.parse(again.stdout) as Record<string, unknown>;
    assert.deepEqual([changed, settings, found], [false, [], true]);
  });
});
