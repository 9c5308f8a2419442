/** Names published from a stack's outputs, with the real BIND, where the users are. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { waitForNameServer } from "../../lab/campaigns/diagnoses/operator";
import type { KeptLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { keepPreparedLab } from "../../lab/preparedLab";
import { labDomain } from "../../lab/cloud/labAccount";
import { elasticIps, node } from "../../lab/network/addresses";
import { keyPair } from "../../lab/node/certificates";
import { asOperator, inInternet } from "../../lab/operator";
import { repositoryRoot } from "../../lab/paths";
import { startProber } from "../../lab/proof/prober";
import { installDnsPrograms, needsProgram, needsRoot } from "../support/needs";

const authority = keyPair("web-authority").certificate;
/** Where the application has been until now: somewhere else, in front of its NodePort. */
const oldAddress = "192.0.2.80";

describe("names of the applications", function () {
  let kept: KeptLab;
  let directory: string;
  const children: ChildProcess[] = [];

  const operator = async (...command: string[]): Promise<string> => {
    const { status, stdout, stderr } = await asOperator(kept.state.engine.pulumi, command);
    assert.equal(status, 0, `${stdout}${stderr}`);
    return stdout;
  };
  const cli = (...args: string[]): Promise<string> =>
    operator(process.execPath, join(repositoryRoot, "operator/cli/main.cjs"), "dns", ...args);
  const inBackground = (...command: string[]): void => {
    const [program = "", ...args] = inInternet(command);
    children.push(spawn(program, args, { cwd: directory, stdio: "ignore" }));
  };
  const answer = async (): Promise<string> =>
    (await operator("dig", "+short", "@127.0.0.1", `${labDomain}.`, "A")).trim();
  const successful = async (work: ReturnType<KeptLab["pulumi"]>): Promise<void> => {
    const { status, stdout, stderr } = await work;
    assert.equal(status, 0, `${stdout}${stderr}`);
  };

  before(async function () {
    needsRoot(this);
    await installDnsPrograms();
    for (const program of ["named", "nsupdate", "dig", "jq"]) needsProgram(this, program);
    kept = await keepPreparedLab("prod");
    await successful(kept.up("dev"));
    directory = await mkdtemp(join(tmpdir(), "names-"));
    await cp(join(repositoryRoot, "examples/dns"), directory, { recursive: true });
    inBackground("/usr/sbin/named", "-g", "-u", "root", "-c", "named.conf");
    await operator("ip", "address", "add", `${oldAddress}/32`, "dev", "lo");
    inBackground(
      process.execPath,
      "-e",
      `require("node:net").createServer((from) => { const to = require("node:net").connect(30443, "${node.autoPublicIp}");
        from.pipe(to).pipe(from); from.on("error", () => to.destroy()); to.on("error", () => from.destroy()); }).listen(443, "${oldAddress}");`,
    );
    await operator("sh", "-c", waitForNameServer);
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    if (kept as KeptLab | undefined) await lab.down();
    if (directory as string | undefined) await rm(directory, { recursive: true, force: true });
  });

  it("the outputs hold no secret in clear, and are what examples/dns publishes: curl by name reaches the ingress", async () => {
    const outputs = await operator("pulumi", "stack", "output", "--json", "--stack", "prod");
    const shown = await operator("pulumi", "stack", "output", "statsPassword", "--show-secrets", "--stack", "prod");
    assert.ok(shown.trim().length > 10 && !outputs.includes(shown.trim()));
    await writeFile(join(directory, "outputs.json"), outputs);
    await operator("sh", "-c", `cd ${directory} && ./publish.sh 127.0.0.1 example.com <outputs.json`);
    assert.equal(await answer(), elasticIps[0]);
    await writeFile(join(directory, "resolv.conf"), "nameserver 127.0.0.1\n");
    const look = `mount --bind ${directory}/resolv.conf /etc/resolv.conf && curl -sS --cacert ${authority} https://${labDomain}/`;
    assert.match(await operator("unshare", "--mount", "sh", "-c", look), /ingress https app\.example\.com/);
  });

  it("the outputs of dev and prod are what outputs/schema.json says", async () => {
    const text = await readFile(join(repositoryRoot, "outputs/schema.json"), "utf8");
    const schema = z.fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0]);
    const keys = [];
    for (const stack of ["dev", "prod"]) {
      const outputs = schema.parse(JSON.parse(await operator("pulumi", "stack", "output", "--json", "--stack", stack)));
      keys.push(Object.keys(outputs as object).sort());
    }
    assert.deepEqual(keys[0], keys[1]);
  });

  it("examples/dns publishes nothing of a stack that does not answer", async () => {
    const outputs = JSON.parse(await readFile(join(directory, "outputs.json"), "utf8")) as { dns: { ready: boolean } };
    outputs.dns.ready = false;
    const { status, stderr } = await asOperator(
      kept.state.engine.pulumi,
      ["sh", "-c", `${directory}/publish.sh 127.0.0.1 example.com`],
      {
        input: JSON.stringify(outputs),
      },
    );
    assert.notEqual(status, 0);
    assert.match(stderr, /do not answer yet/);
  });

  it("a cut-over from the old address and back costs no request", async () => {
    await operator(
      "sh",
      "-c",
      `printf '%s\\n' 'server 127.0.0.1' 'zone example.com' 'update delete ${labDomain}. A' 'update add ${labDomain}. 60 A ${oldAddress}' send | nsupdate`,
    );
    const prober = await startProber(
      { from: "internet", address: "", nameServer: "127.0.0.1", port: 443, host: labDomain, authority },
      20,
    );
    await sleep(1500);
    const place = ["--stack", "prod", "--server", "127.0.0.1", "--zone", "example.com", "--domain", labDomain];
    const back = join(directory, "back.json");
    await cli("cutover", ...place, "--ca", authority, "--rollback-file", back, "--yes");
    assert.equal(await answer(), elasticIps[0]);
    await sleep(1500);
    await cli("rollback", back, "--yes");
    assert.equal(await answer(), oldAddress);
    await sleep(1500);
    const count = await prober.stop();
    assert.deepEqual(count.failures, []);
    assert.equal(count.failed, 0);
    assert.ok(count.sent > 60, `${count.sent} requests`);
  });

  it("publishes nothing while somebody else answers under the name", async () => {
    const keepers = "secondary-ingress-guard.service secondary-ingress-check.timer";
    await kept.node(`systemctl stop ${keepers} && nft delete table ip secondary_ingress`);
    const { status, stderr } = await asOperator(kept.state.engine.pulumi, [
      process.execPath,
      ...[join(repositoryRoot, "operator/cli/main.cjs"), "dns", "cutover", "--stack", "prod", "--server", "127.0.0.1"],
      ...["--zone", "example.com", "--domain", labDomain, "--ca", authority, "--yes"],
    ]);
    await kept.node(`systemctl start secondary-ingress-check.service ${keepers}`);
    assert.equal(status, 1);
    assert.match(stderr, /expected a certificate that is valid for this name, found one for .*DNS:kubernetes/);
    assert.equal(await answer(), oldAddress);
    await successful(kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod"));
    await successful(kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev"));
  });
});
