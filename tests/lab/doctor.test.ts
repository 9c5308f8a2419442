/** The doctor, status, page and bundle on a real node; the short form of `npm run diagnoses`. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diagnose } from "../../lab/campaigns/diagnoses/campaign";
import { fixtures } from "../../lab/campaigns/diagnoses/fixtures";
import { nameServer, type Operator, startOperator } from "../../lab/campaigns/diagnoses/operator";
import { set } from "../../lab/campaigns/interleavings/events";
import { type KeptLab, keepLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { labDomain } from "../../lab/labAccount";
import { keyPair } from "../../lab/node/certificates";
import { asOperator } from "../../lab/operator";
import { operatorKey } from "../../lab/node/machine";
import { repositoryRoot } from "../../lab/paths";
import { run } from "../../lab/process";
import { installDnsPrograms, needsProgram, needsRoot } from "../support/needs";

describe("doctor", function () {
  this.timeout(5 * 60_000);
  let kept: KeptLab;
  let operator: Operator;
  let directory: string;
  /** Everything that a command printed or wrote. */
  const printed: string[] = [];

  const look = ["--ca", keyPair("web-authority").certificate, "--name-server", nameServer];
  const cli = async (...args: string[]) => {
    const finished = await asOperator(kept.state.engine.pulumi, [
      process.execPath,
      join(repositoryRoot, "cli/main.cjs"),
      ...args,
    ]);
    printed.push(finished.stdout, finished.stderr);
    return finished;
  };

  before(async function () {
    needsRoot(this);
    await installDnsPrograms();
    needsProgram(this, "named");
    kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto" });
    await set(["primaryAddress"], "elastic-ip");
    // dev after prod: prod gives the API the address that dev is reached on.
    for (const stack of ["prod", "dev"] as const) {
      const { status, stdout, stderr } = await kept.up(stack);
      assert.equal(status, 0, `${stdout}${stderr}`);
    }
    operator = await startOperator(kept);
    directory = await mkdtemp(join(tmpdir(), "doctor-test-"));
    const { ingressPublicIp } = JSON.parse(await operator.shell("pulumi stack output --json --stack prod")) as {
      ingressPublicIp: string;
    };
    await operator.nsupdate(`update add ${labDomain}. 60 A ${ingressPublicIp}`);
    await kept.node("systemctl start secondary-ingress-check.service");
  });
  after(async () => {
    if (operator as Operator | undefined) await operator.stop();
    if (kept as KeptLab | undefined) await lab.down();
    if (directory as string | undefined) await rm(directory, { recursive: true, force: true });
  });

  it("has nothing to say of a healthy node, within ten seconds", async () => {
    const { report, seconds, finished } = await operator.doctor("prod");
    printed.push(finished.stdout, finished.stderr);
    assert.deepEqual(report.findings, []);
    assert.deepEqual(report.skipped, []);
    assert.ok(report.good.length >= 30, `${report.good.length} checks`);
    assert.equal(finished.status, 0);
    assert.ok(seconds < 10, `${seconds} s`);
    assert.deepEqual((await operator.doctor("dev")).report.findings, []);
  });

  for (const code of ["HAPROXY_STOPPED", "NAT_RULES_MISSING", "ELASTIC_IP_UNASSOCIATED"]) {
    it(`names ${code} first, and its fix as printed mends it`, async () => {
      const fixture = fixtures.find((each) => each.code === code);
      assert(fixture);
      const { place, asPrinted, mended, broken } = await diagnose(operator, fixture);
      assert.deepEqual(
        { place, asPrinted, mended, broken },
        { place: 1, asPrinted: true, mended: true, broken: undefined },
      );
    });
  }

  it("works from the outputs alone, and says what it did not look at", async () => {
    const outputs = await operator.shell("pulumi stack output --json --stack prod");
    const { status, stdout, stderr } = await asOperator(
      kept.state.engine.pulumi,
      [process.execPath, join(repositoryRoot, "cli/main.cjs"), "doctor", ...look],
      { input: outputs },
    );
    assert.equal(status, 0, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /\? \d+ not checked: there is no login to the node: give --stack/);
    assert.match(stderr, /✓ nothing wrong/);
  });

  it("ends with status 2 where it cannot look, and says why", async () => {
    for (const [args, says] of [
      [["--stack", "nowhere"], /expected a stack .* found none called 'nowhere'/],
      [["--stack", "prod", "--only", "WEATHER"], /--only: expected a code .* found WEATHER/],
    ] as const) {
      const { status, stdout, stderr } = await cli("doctor", ...args);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, says);
    }
  });

  it("status shows the way in, piece by piece", async () => {
    const { status, stdout } = await cli("status", "--stack", "prod", ...look);
    assert.match(stdout, /└─► HAProxy +✓ ok/);
    assert.match(stdout, /└─► kube-apiserver +✓ ok/);
    assert.doesNotMatch(stdout, /unknown/);
    // The check stands still since the faults above.
    assert.match(stdout, /check, guard and watch +✗ fails {2}CHECK_STOPPED/);
    assert.equal(status, 1);
    await kept.node("systemctl start secondary-ingress-check.timer");
  });

  it("no secret is in a report, a page or a bundle", async () => {
    const page = join(directory, "report.html");
    assert.equal((await cli("report", "--html", page, "--stack", "prod", ...look)).status, 0);
    const bundle = join(directory, "bundle.tar.gz");
    assert.equal((await cli("support-bundle", "--output", bundle, "--stack", "prod", ...look)).status, 0);
    const files = (await run("tar", ["-tzf", bundle])).trim().split("\n");
    for (const name of ["doctor.json", "node.txt", "outputs.json", "report.html", "settings.json"])
      assert.ok(
        files.some((file) => file.endsWith(`/${name}`)),
        name,
      );
    const text = await run("tar", ["-xzOf", bundle]);
    assert.match(text, /"clusterName": "k8s\.example\.com"/);
    assert.match(text, /haproxy\.service/);
    printed.push(text, await readFile(page, "utf8"));
    const password = (await operator.shell("pulumi stack output statsPassword --show-secrets --stack prod")).trim();
    const key = await readFile(operatorKey, "utf8");
    const secrets = [password, ...key.split("\n").filter((line) => line.length > 40 && !line.startsWith("-----"))];
    assert.ok(password.length > 10 && secrets.length > 1);
    for (const secret of secrets) assert.ok(!printed.join("\n").includes(secret));
  });
});
