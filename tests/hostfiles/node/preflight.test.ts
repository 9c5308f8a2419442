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
  /** A directory of programs that go before the machine's, until the script sets PATH. */
  const bin = mkdtempSync(join(tmpdir(), "preflight-bin-"));
  const standIn = (name: string, body: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  };
  const sudo = 'while [ "$1" = -n ]; do shift; done; exec "$@"';
  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
    SHELL: "/bin/bash",
    ...more,
  });
  beforeEach(() => standIn("sudo", sudo));
  after(() => rmSync(bin, { recursive: true }));

  /** On this machine, which is no kOps node, in an empty network. */
  const run = (owner: string): { status: number | null; stdout: string; stderr: string } =>
    spawnSync("unshare", ["-n", "bash", "-s"], {
      input: renderPreflight(hostSettings({ owner })),
      encoding: "utf8",
      env: env(),
    });

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
      env: env(),
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
      const { stdout } = spawnSync("unshare", ["-n", "bash", "-s"], { input, encoding: "utf8", env: env() });
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
      const { stdout } = spawnSync("unshare", ["-n", "bash", "-s"], { input, encoding: "utf8", env: env() });
      rmSync(directory, { recursive: true });
      assert.match(stdout, /WRONG_NODE/);
      return faultsIn(stdout).get("CNI_TAKES_ADDRESSES")?.found;
    };
    for (const settings of [agent, operator]) {
      assert.equal(found(settings, "eni"), "Cilium's ENI mode, which gives them to pods");
      assert.equal(found(settings, "kubernetes"), undefined);
    }
  });

  /** With the text of a manifest, after commands in the network of its own. */
  const look = (before = "", manifest = "", more: NodeJS.ProcessEnv = {}): string => {
    const file = join(bin, "manifest");
    writeFileSync(file, manifest);
    const input = `${before}\n${renderPreflight(hostSettings()).replaceAll(apiManifest, file)}`;
    return spawnSync("unshare", ["-n", "-m", "bash", "-s"], { input, encoding: "utf8", env: env(more) }).stdout;
  };

  for (const [what, body, found] of [
    ["a password", "echo 'sudo: a password is required' >&2; exit 1", "sudo: a password is required"],
    [
      "a terminal",
      "echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1",
      "sudo: sorry, you must have a tty to run sudo",
    ],
    [
      "one command",
      'case "$*" in *bash*) echo "Sorry, user ubuntu is not allowed" >&2; exit 1 ;; esac',
      "Sorry, user ubuntu is not allowed",
    ],
  ] as const)
    it(`says what sudo says that wants ${what}`, function () {
      needsRoot(this);
      standIn("sudo", body);
      const fault = faultsIn(look()).get("NO_SUDO");
      assert.equal(fault?.found.trim(), found);
      assert.match(fault.fix, /^as root: printf .*NOPASSWD:ALL.* >\/etc\/sudoers\.d\/secondary-ingress$/);
    });

  it("refuses a node without sudo, also for root, for every step calls it", function () {
    needsRoot(this);
    rmSync(join(bin, "sudo"));
    for (const program of ["bash", "id", "tr", "unshare"]) standIn(program, `exec /usr/bin/${program} "$@"`);
    const only = { PATH: bin };
    const { found, fix } = faultsIn(look("", "", only)).get("NO_SUDO") ?? assert.fail();
    assert.deepEqual([found.trim(), fix], ["none", "as root: apt-get install -y sudo"]);
    standIn("doas", "exit 0");
    assert.equal(
      faultsIn(look("", "", only))
        .get("NO_SUDO")
        ?.found.trim(),
      "none, and doas, which is not used",
    );
    for (const program of ["bash", "id", "tr", "unshare", "doas"]) rmSync(join(bin, program));
  });

  it("refuses a login shell that later command lines are not for", function () {
    needsRoot(this);
    for (const shell of ["fish", "tcsh", "csh", "rbash"]) {
      const fault = faultsIn(look("", "", { SHELL: `/usr/bin/${shell}` })).get("LOGIN_SHELL");
      assert.deepEqual([fault?.found, fault?.fix.split("'")[0]], [shell, "usermod --shell /bin/bash "]);
    }
    for (const shell of ["/bin/sh", "/usr/bin/zsh", "/bin/bash", ""])
      assert.ok(!faultsIn(look("", "", { SHELL: shell })).has("LOGIN_SHELL"), shell);
  });

  it("warns of ports that the kernel gives to outgoing connections", function () {
    needsRoot(this);
    const range = "echo 1024 65535 >/proc/sys/net/ipv4/ip_local_port_range";
    const warned = faultsIn(look(`${range}; echo 9000,10400-10443 >/proc/sys/net/ipv4/ip_local_reserved_ports`));
    assert.deepEqual(warned.get("PORTS_NOT_RESERVED"), {
      expected: "ports that outgoing connections do not use",
      found: "10080,10444,10445 in net.ipv4.ip_local_port_range, 1024 to 65535",
      fix: "echo 'net.ipv4.ip_local_reserved_ports = 9000,10400-10443,10080,10444,10445' >/etc/sysctl.d/90-secondary-ingress.conf && sysctl --system",
    });
    assert.ok(!faultsIn(look()).has("PORTS_NOT_RESERVED"));
  });

  it("warns of a table of connections that is small, or nearly full", function () {
    needsRoot(this);
    const found = (count: number, most: number) =>
      faultsIn(
        look(
          Object.entries({ count, max: most })
            .map(
              ([name, value]) =>
                `echo ${value} >${bin}/${name}; mount --bind ${bin}/${name} /proc/sys/net/netfilter/nf_conntrack_${name}`,
            )
            .join("\n"),
        ),
      ).get("CONNTRACK_FULL");
    assert.equal(found(10, 262144), undefined);
    assert.equal(found(10, 4096)?.found, "10 of 4096 in use");
    assert.equal(found(250000, 262144)?.found, "250000 of 262144 in use");
    assert.match(
      found(10, 4096)?.fix ?? "",
      /^echo 'net\.netfilter\.nf_conntrack_max = 131072' >(\S+) && sysctl -p \1$/,
    );
  });

  it("names what cannot be written, and what is full, by where it is mounted", function () {
    needsRoot(this);
    const mounted = (mounts: string) => faultsIn(look(mounts));
    const fine = mounted("");
    for (const code of ["READ_ONLY", "DISK_FULL"]) assert.ok(!fine.has(code), code);
    const faults =
      mounted(`for each in /etc /usr/local; do mount --bind $each $each; mount -o remount,ro,bind $each; done
mount -t tmpfs -o size=64k,nr_inodes=20 none /run`);
    assert.equal(faults.get("READ_ONLY")?.found, "/etc, /usr/local");
    assert.match(
      faults.get("READ_ONLY")?.fix ?? "",
      /^mount -o remount,rw \/etc && mount -o remount,rw \/usr\/local, and see /,
    );
    assert.match(faults.get("DISK_FULL")?.found ?? "", /^0 MiB of 1 on \/run, \d+ inodes of 1000 on \/run$/);
  });

  it("refuses NodePorts that the cluster does not give", function () {
    needsRoot(this);
    const faults = faultsIn(look("", "    - --service-node-port-range=30100-32767\n"));
    assert.equal(faults.get("NODE_PORT_OUTSIDE")?.found, "30080");
    assert.ok(!faultsIn(look("", "    - --service-node-port-range=30000-32767\n")).has("NODE_PORT_OUTSIDE"));
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
    assert.equal(parsePreflight('{motd} {"schemaVersion":1}\nbye {}\n')?.schemaVersion, 1);
  });
});
