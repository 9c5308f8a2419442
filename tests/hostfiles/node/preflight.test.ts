import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePreflight, renderPreflight } from "../../../hostfiles/node/preflight";
import { apiManifest } from "../../../hostfiles/node/paths";
import { needsProgram, needsRoot } from "../../support/needs";
import { hostSettings } from "../settings";

describe("preflight", () => {
  /** On this machine, which is no kOps node, in an empty network. */
  const run = (owner: string): { status: number | null; stdout: string; stderr: string } =>
    spawnSync("unshare", ["-n", "bash", "-s"], { input: renderPreflight(hostSettings({ owner })), encoding: "utf8" });

  /** Every fault that was printed, by its code. */
  const faultsIn = (stdout: string): Map<string, { expected: string; found: string; fix: string }> =>
    new Map(
      [...stdout.matchAll(/^ {2}([A-Z_]+): expected (.+), found (.+)\n {4}fix: (.+)$/gm)].map(
        ([, code = "", expected = "", found = "", fix = ""]) => [code, { expected, found, fix }],
      ),
    );

  it("names each fault once with its fix, prints no JSON, and fails on a machine that is not the node", function () {
    needsRoot(this);
    const { status, stdout, stderr } = run("project/stack");
    assert.equal(status, 1);
    assert.match(stdout, /^The node is not ready; nothing was changed:\n/);
    const faults = faultsIn(stdout);
    assert.deepEqual(faults.get("WRONG_NODE"), {
      expected: "the primary address 172.20.45.37 on this node",
      found: "none",
      fix: "is ssh.host the right node?",
    });
    assert.ok(!faults.has("HAND_MADE_LAYOUT") && !faults.has("HAND_MADE_SERVES_MORE"), stdout);
    for (const code of faults.keys()) assert.equal(stdout.split(code).length, 2, code);
    assert.ok(!/[{}]/.test(stdout), stdout);
    assert.equal(stderr, "");
  });

  it("names the ports that the node's own firewall drops, and the command that opens them", function () {
    needsRoot(this);
    needsProgram(this, "nft");
    const { stdout } = spawnSync("unshare", ["-n", "bash", "-s"], {
      input: `ip link add ens5 type veth peer name ens6 && ip addr add 172.20.45.37/16 dev ens5 && ip link set ens5 up
nft 'add table inet own; add chain inet own input { type filter hook input priority 0; policy drop; }; add rule inet own input tcp dport { 22, 80, 443 } accept'
${renderPreflight(hostSettings())}`,
      encoding: "utf8",
    });
    assert.deepEqual(faultsIn(stdout).get("FIREWALL_DROPS"), {
      expected: "a firewall that lets in: 10443 10080, which 443 and 80 lead to before the input rules see them",
      found: "rules of the node that keep clients out there",
      fix: "on the node, and in what loads its rules at boot: nft insert rule inet own input tcp dport '{ 10443,10080 }' accept",
    });
  });

  it("refuses a cluster of IPv6 services, and takes one of both kinds", function () {
    needsRoot(this);
    const directory = mkdtempSync(join(tmpdir(), "preflight-"));
    const manifest = join(directory, "manifest");
    const found = (ranges: string): string | undefined => {
      writeFileSync(
        manifest,
        `    - --service-cluster-ip-range=10.0.0.0/8\n    - --service-cluster-ip-range=${ranges}\n`,
      );
      const input = renderPreflight(hostSettings()).replaceAll(apiManifest, manifest);
      const { stdout } = spawnSync("unshare", ["-n", "bash", "-s"], { input, encoding: "utf8" });
      assert.match(stdout, /WRONG_NODE/);
      return faultsIn(stdout).get("SERVICES_UNREACHABLE")?.found;
    };
    assert.equal(found("fd00:5e4f::/108"), `--service-cluster-ip-range=fd00:5e4f::/108 in ${manifest}`);
    assert.equal(found("100.64.0.0/13,fd00:5e4f::/108"), undefined);
    assert.equal(found("100.64.0.0/13"), undefined);
    rmSync(directory, { recursive: true });
  });

  it("refuses Cilium's ENI mode, wherever the settings say so, and takes its other modes", function () {
    needsRoot(this);
    // kops v1.36.2, upup/models/cloudup/resources/addons/networking.cilium.io/k8s-1.16-v1.15.yaml.template.
    const agent = "agent/volumes/kubernetes.io~empty-dir/tmp/cilium/config-map";
    const operator = "operator/volumes/kubernetes.io~configmap/cilium-config-path";
    const found = (settings: string, ipam: string): string | undefined => {
      const directory = mkdtempSync(join(tmpdir(), "preflight-"));
      mkdirSync(join(directory, settings), { recursive: true });
      writeFileSync(join(directory, settings, "ipam"), ipam);
      writeFileSync(join(directory, "05-cilium.conflist"), '{"plugins":[{"type":"cilium-cni"}]}');
      const input = renderPreflight(hostSettings())
        .replaceAll("/etc/cni/net.d", directory)
        .replaceAll("/var/lib/kubelet/pods", directory);
      const { stdout } = spawnSync("unshare", ["-n", "bash", "-s"], { input, encoding: "utf8" });
      rmSync(directory, { recursive: true });
      assert.match(stdout, /WRONG_NODE/);
      return faultsIn(stdout).get("CNI_TAKES_ADDRESSES")?.found;
    };
    for (const settings of [agent, operator]) {
      assert.equal(found(settings, "eni"), "Cilium's ENI mode, which gives them to pods");
      assert.equal(found(settings, "kubernetes"), undefined);
    }
  });

  it("shows no more than faults whatever the stack is called", function () {
    needsRoot(this);
    for (const owner of [`it's "quoted" \\ and $(id)`, "a\tb", "ü/ñ", "%s%n"]) {
      const { status, stdout, stderr } = run(owner);
      assert.deepEqual([status, stderr], [1, ""]);
      const lines = stdout.split("\n").filter((line) => line !== "Warnings:");
      assert.equal(lines.length, 2 + 2 * faultsIn(stdout).size, stdout);
    }
  });

  it("has no report in what else a node may print", () => {
    assert.equal(parsePreflight("Welcome to Debian\n"), undefined);
    assert.equal(parsePreflight('motd\n{"schemaVersion":1}\n')?.schemaVersion, 1);
  });
});
