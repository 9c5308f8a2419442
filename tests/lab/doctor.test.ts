/** The doctor, status, page and bundle on a real node; the short form of `npm run campaign -- diagnoses`. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diagnose } from "../../lab/campaigns/diagnoses/campaign";
import { fixtures } from "../../lab/campaigns/diagnoses/fixtures";
import { nameServer, type Operator, startOperator } from "../../lab/campaigns/diagnoses/operator";
import type { StackOutputs } from "../../outputs/stackOutputs";
import { runbook } from "../../operator/doctor/runbook";
import { set } from "../../lab/campaigns/interleavings/events";
import type { KeptLab } from "../../lab/keptLab";
import { makeApiBalancer, removeApiBalancer } from "../../lab/kops/apiBalancer";
import { lab } from "../../lab/lab";
import { keepPreparedLab } from "../../lab/preparedLab";
import { labDomain } from "../../lab/cloud/labAccount";
import { keyPair } from "../../lab/node/certificates";
import { asOperator } from "../../lab/operator";
import { operatorKey } from "../../lab/node/machine";
import { repositoryRoot } from "../../lab/paths";
import { run } from "../../lab/process";
import { installDnsPrograms, needsProgram, needsRoot } from "../support/needs";

describe("doctor", function () {
  let kept: KeptLab;
  let operator: Operator;
  let directory: string;
  /** Of an `up` of prod that gives the API an Elastic IP. */
  let secondsOfUp: number;
  /** Everything that a command printed or wrote. */
  const printed: string[] = [];

  const look = ["--ca", keyPair("web-authority").certificate, "--name-server", nameServer];
  const cli = async (...args: string[]) => {
    const finished = await asOperator(kept.state.engine.pulumi, [
      process.execPath,
      join(repositoryRoot, "operator/cli/main.cjs"),
      ...args,
    ]);
    printed.push(finished.stdout, finished.stderr);
    return finished;
  };

  before(async function () {
    needsRoot(this);
    await installDnsPrograms();
    needsProgram(this, "named");
    kept = await keepPreparedLab("prod");
    await set(["primaryAddress"], "elastic-ip");
    // dev after prod: prod gives the API the address that dev is reached on.
    for (const stack of ["prod", "dev"] as const) {
      const start = Date.now();
      const { status, stdout, stderr } = await kept.up(stack);
      assert.equal(status, 0, `${stdout}${stderr}`);
      if (stack === "prod") secondsOfUp = (Date.now() - start) / 1000;
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

  it("pauses HAProxy on purpose, through a check and an update, and resumes it", async () => {
    const { status, stdout, stderr } = await cli("pause", "--stack", "prod");
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^paused since .*npx secondary-ingress resume --stack prod\n$/);
    const stopped = async (): Promise<void> => {
      // As a boot does.
      await kept.node("systemctl start secondary-ingress-haproxy.service secondary-ingress-check.service");
      assert.equal(await kept.node("systemctl is-active secondary-ingress-haproxy.service || true"), "inactive\n");
      const { findings } = (await operator.doctor("prod")).report;
      assert.deepEqual(
        findings.map(({ code, fix }) => [code, fix]),
        [["PAUSED", "npx secondary-ingress resume --stack prod"]],
      );
    };
    await stopped();
    await set(["reinstall"], "while-paused");
    const up = await kept.up("prod");
    assert.equal(up.status, 0, `${up.stdout}${up.stderr}`);
    await stopped();
    const resumed = await cli("resume", "--stack", "prod", "--json");
    assert.deepEqual([resumed.status, JSON.parse(resumed.stdout)], [0, { stack: "prod", paused: null }]);
    await kept.node("systemctl start secondary-ingress-check.service");
    assert.deepEqual((await operator.doctor("prod")).report.findings, []);
  });

  it("has nothing to say of a healthy node, and takes no longer than two runs of `up`", async () => {
    const { report, seconds, finished } = await operator.doctor("prod");
    printed.push(finished.stdout, finished.stderr);
    assert.deepEqual(report.findings, []);
    assert.deepEqual(report.skipped, []);
    assert.ok(report.good.length >= 30, `${report.good.length} checks`);
    assert.equal(finished.status, 0);
    // `npm run campaign -- diagnoses` holds it to ten seconds, on a machine that does nothing else.
    assert.ok(seconds < 2 * secondsOfUp, `${seconds} s, up: ${secondsOfUp} s`);
    const dev = await operator.doctor("dev");
    assert.deepEqual(dev.report.findings, []);
    // dev has no names; everything else is looked at, in AWS too.
    assert.deepEqual(
      dev.report.skipped.map(({ code, because }) => [code, because]),
      [["CERTIFICATE_UNTRUSTED", "no appDomains: there is no name to ask for"]],
    );
  });

  it("prints metrics: each check that was made, and when", async () => {
    const { status, stdout, stderr } = await cli("doctor", "--stack", "prod", "--metrics", ...look);
    assert.equal(status, 0, stderr);
    const samples = stdout.split("\n").filter((line) => line.startsWith("secondary_ingress_finding{"));
    assert.ok(samples.length >= 30 && samples.every((line) => line.endsWith(" 0")), stdout);
    const [, time] = /^secondary_ingress_doctor_time_seconds\{stack="prod"\} (\d+)$/m.exec(stdout) ?? [];
    assert.ok(Math.abs(Date.now() / 1000 - Number(time)) < 60, stdout);
  });

  for (const code of ["HAPROXY_STOPPED", "NAT_RULES_MISSING", "ELASTIC_IP_UNASSOCIATED"]) {
    it(`names ${code} first, and its fix as printed makes it pass`, async () => {
      const fixture = fixtures.find((each) => each.code === code);
      assert(fixture);
      const { place, asPrinted, fixed, broken } = await diagnose(operator, fixture);
      assert.deepEqual(
        { place, asPrinted, fixed, broken },
        { place: 1, asPrinted: true, fixed: true, broken: undefined },
      );
    });
  }

  it("recognises kOps' load balancer in front of the API, as a preview does, and asks for the API there", async () => {
    // The faults before this have stopped it.
    await kept.node("systemctl start secondary-ingress-check.timer");
    await makeApiBalancer(kept);
    try {
      const { findings, good } = (await operator.doctor("prod")).report;
      assert.deepEqual(
        findings.map(({ code }) => code),
        ["API_BEHIND_BALANCER"],
      );
      assert.match(findings[0]?.observed ?? "", /on 203\.0\.113\.\d+: some 20 USD/);
      assert.ok(good.some(({ code }) => code === "API_UNREACHABLE"));
      const preview = await kept.pulumi("preview", "--stack", "prod");
      assert.equal(preview.status, 0, preview.stderr);
      assert.match(
        `${preview.stdout}${preview.stderr}`,
        /warning: the API of k8s\.example\.com is behind a load balancer of kOps/,
      );
    } finally {
      await removeApiBalancer(kept);
    }
    assert.deepEqual((await operator.doctor("prod")).report.findings, []);
  });

  it("works from the outputs alone, and says what it did not look at", async () => {
    const outputs = await operator.shell("pulumi stack output --json --stack prod");
    const { status, stdout, stderr } = await asOperator(
      kept.state.engine.pulumi,
      [process.execPath, join(repositoryRoot, "operator/cli/main.cjs"), "doctor", ...look],
      { input: outputs },
    );
    assert.equal(status, 0, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /\? \d+ not checked: there is no login to the node: give --stack/);
    assert.match(stderr, /✓ nothing wrong/);
  });

  it("ends with status 2 where it cannot look, and says why", async () => {
    for (const [args, says] of [
      [["--stack", "nowhere"], /expected a stack 'nowhere' in the back end, found none: see 'pulumi stack ls'/],
      [["--stack", "prod", "--only", "WEATHER"], /--only: expected a code .* found WEATHER/],
      [["--stack", "prod", "--only", "BALANCER_GONE"], /mode dual-ip has none of these checks/],
      [["--stack", "prod", "--wrong"], /unknown option '--wrong'/],
    ] as const) {
      const { status, stdout, stderr } = await cli("doctor", ...args);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, says);
    }
  });

  it("looks at one check by its code, in any case", async () => {
    const { status, stderr } = await cli("doctor", "--stack", "prod", "--only", "haproxy_stopped", ...look);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /✓ nothing wrong: 1 of 1 checks/);
  });

  it("knows what check and guard have repaired in the last day, and how much in the last hour", async () => {
    await kept.node("rm -f /run/secondary-ingress/repairs; systemctl start secondary-ingress-check.service");
    const repairs = async (): Promise<number> =>
      (JSON.parse(await kept.node("cat /run/secondary-ingress/state.json")) as { repairs: number }).repairs;
    const before = await repairs();
    const flush =
      "nft delete table ip secondary_ingress; for i in $(seq 50); do nft list table ip secondary_ingress >/dev/null 2>&1 && break; sleep 0.1; done";
    // systemd writes lines of its own whenever the unit starts: a day of them must not push ours out.
    const directoryOfDropIn = "/run/systemd/system/secondary-ingress-check.service.d";
    const quiet = `mkdir ${directoryOfDropIn}; printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n' >${directoryOfDropIn}/lab.conf; systemctl daemon-reload
for i in $(seq 200); do systemctl start secondary-ingress-check.service; done; rm -r ${directoryOfDropIn}; systemctl daemon-reload`;
    await kept.node(
      `for n in 1 2 3 4; do ${flush}; sleep 0.5; done; sleep 0.5; systemctl start secondary-ingress-check.service; ${quiet}`,
    );
    assert.equal((await repairs()) - before, 4);
    const { report } = await operator.doctor("prod", "--only", "node");
    const finding = report.findings.find(({ code }) => code === "REPAIRS_REPEAT");
    assert.equal(finding?.observed, "4 repairs in the last hour");
    const page = join(directory, "repairs.html");
    assert.equal((await cli("report", "--html", page, "--stack", "prod", ...look)).status, 0);
    const circles = (await readFile(page, "utf8")).match(/<title>\S+: repaired natTable<\/title>/g) ?? [];
    assert.ok(circles.length >= 4, `${circles.length}`);
    // After an hour nobody speaks of it any more.
    await kept.node(
      "sed -i -E 's/^[0-9]+/1000000000/' /run/secondary-ingress/repairs; systemctl start secondary-ingress-check.service",
    );
    assert.deepEqual(
      (await operator.doctor("prod", "--only", "REPAIRS_REPEAT")).report.good.map(({ code }) => code),
      ["REPAIRS_REPEAT"],
    );
    assert.equal((await repairs()) - before, 4, "the total goes on");
  });

  it("has a runbook whose commands run", async () => {
    const given = JSON.parse(await operator.shell("pulumi stack output --json --stack prod")) as StackOutputs;
    const filled = (command: string): string =>
      command
        .replaceAll("<secondary>", given.secondaryPrivateIp)
        .replaceAll("<primary>", given.primaryPrivateIp)
        .replaceAll("<ingress>", given.ingressPublicIp)
        .replaceAll("<api>", given.apiPublicIp)
        .replaceAll("<eni>", given.networkInterfaceId)
        .replaceAll("<instance>", given.instanceId)
        .replaceAll("<allocation>", given.allocationId)
        .replaceAll("<cluster>", given.clusterName)
        .replaceAll("<domain>", labDomain)
        // The lab's name server is nobody's own.
        .replace(/^dig /, `dig @${nameServer} `);
    // Of a cluster with pods, which the lab's stand-ins are not.
    const there = (command: string): boolean => !/^(?:kubectl|crictl) /.test(command);
    // Of a moved API server, and of apiAllowedCidrs.
    const absent = /secondary_ingress_api|secondary_ingress_filter|api-forward\.env|secondary-ingress-forward\.service/;
    const all = Object.values(runbook);
    const here = new Set(all.flatMap((page) => page.here ?? []).filter(there));
    const onNode = new Set(
      all.flatMap((page) => page.onNode ?? []).filter((each) => there(each) && !absent.test(each)),
    );
    for (const command of here) assert.doesNotMatch(filled(command), /<[a-z]+>/, command);
    for (const command of here) await operator.shell(`export AWS_DEFAULT_REGION=eu-central-1; ${filled(command)}`);
    for (const command of onNode) await kept.node(`export SYSTEMD_PAGER=; ${filled(command)}`);
  });

  it("status shows the way in, piece by piece", async () => {
    await kept.node("systemctl stop secondary-ingress-check.timer");
    const { status, stdout } = await cli("status", "--stack", "prod", ...look);
    assert.match(stdout, /└─► HAProxy +✓ ok/);
    assert.match(stdout, /└─► kube-apiserver +✓ ok/);
    assert.doesNotMatch(stdout, /unknown/);
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
    assert.match(text, /secondary-ingress-haproxy\.service/);
    printed.push(text, await readFile(page, "utf8"));
    const password = (await operator.shell("pulumi stack output statsPassword --show-secrets --stack prod")).trim();
    const key = await readFile(operatorKey, "utf8");
    const secrets = [password, ...key.split("\n").filter((line) => line.length > 40 && !line.startsWith("-----"))];
    assert.ok(password.length > 10 && secrets.length > 1);
    for (const secret of secrets) assert.ok(!printed.join("\n").includes(secret));
  });
});
