/** The node's own firewall, tried with real rules in network namespaces. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firewallFunctions, sshConnections } from "../../../hostfiles/node/firewall";
import { hostSteps } from "../../../hostfiles/steps/hostSteps";
import { ApiForwarder } from "../../../settings/choices";
import { installValidators, needsProgram, needsRoot } from "../../support/needs";
import { hostSettings } from "../settings";

const settings = hostSettings();

describe("the node's firewall", () => {
  before(async function () {
    needsRoot(this);
    await installValidators();
    for (const program of ["nft", "unshare"]) needsProgram(this, program);
  });

  const tried = (
    rules: string,
    { moved = "", programs = "", connection = "", path = "" } = {},
  ): Record<string, string> => {
    const { status, stdout, stderr } = spawnSync("unshare", ["-n", "bash", "-s"], {
      input: `set -u
primary=${settings.primaryPrivateIp} secondary=${settings.secondaryPrivateIp}
connection="${connection}"
${firewallFunctions(settings)}
ufw() { false; }; firewall-cmd() { false; }
${programs}
nft -f - <<'RULES' || exit 1
${rules}
RULES
before=$(nft list ruleset)
try_firewall ens5 "${moved}"
[ "$before" = "$(nft list ruleset)" ] && [ "$(ip -o link | wc -l)" = 1 ] || exit 2
printf '%s\\n' "firewall=$firewall" "blocked=$blocked" "open=$open_ports" "opened=$opened" "limit=$ssh_limit" "ssh=$open_ssh"
`,
      encoding: "utf8",
      env: { ...process.env, PATH: `${path}${process.env["PATH"]}` },
    });
    assert.equal(status, 0, stderr);
    return Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => [line.split("=")[0], line.replace(/^\w+=/, "")]),
    );
  };
  const input = (rules: string, policy = "drop"): string =>
    `table inet filter {
  chain input {
    type filter hook input priority 0; policy ${policy};
    iif lo accept
    ct state established,related accept
    ${rules}
  }
}`;
  const none = { firewall: "tried", blocked: "", open: "", opened: "", limit: "0", ssh: "" };
  const fix = (ports: string): string => `nft insert rule inet filter input tcp dport '{ ${ports} }' accept`;

  it("is none without rules", () => {
    assert.deepEqual(tried(""), { ...none, firewall: "none" });
  });

  it("keeps clients out though it accepts 443 and 80, and is opened by the command", () => {
    const rules = input("tcp dport { 22, 80, 443 } accept");
    const { blocked, open } = tried(rules);
    assert.deepEqual([blocked, open], ["10443 10080", fix("10443,10080")]);
    const after = tried(`${rules}\ninsert rule inet filter input tcp dport { 10443, 10080 } accept`);
    assert.deepEqual(after, none);
  });

  for (const [name, rules] of Object.entries({
    "a range": input("tcp dport 10000-11000 accept"),
    "the translation": input("ct status dnat accept"),
    "the port that the client asked for": input(
      "meta l4proto tcp ct original proto-dst 443 accept\n    meta l4proto tcp ct original proto-dst 80 accept",
    ),
    "a chain of its own": `table inet filter { chain web { tcp dport 10443 accept; tcp dport 10080 accept; }; }\n${input("jump web")}`,
    "its policy": input("tcp dport 9 drop", "accept"),
  }))
    it(`lets clients in by ${name}`, () => {
      assert.deepEqual(tried(rules), none);
    });

  for (const [name, rules] of Object.entries({
    "a reject at the end": input("tcp dport { 22, 80, 443 } accept\n    reject with tcp reset", "accept"),
    "a second table": `${input("tcp dport { 80, 443, 10080, 10443 } accept")}\n${input("tcp dport { 22, 80, 443 } accept").replace("inet filter", "ip late")}`,
    "what comes before the translation": input("tcp dport { 22, 8443 } accept", "drop").replace(
      "hook input priority 0",
      "hook prerouting priority -300",
    ),
  }))
    it(`keeps clients out by ${name}`, () => {
      assert.equal(tried(rules).blocked, "10443 10080");
    });

  it("says which ports rules name, which may let in some clients", () => {
    const { blocked, opened } = tried(input("ip saddr 203.0.113.0/24 tcp dport { 10080, 10443 } accept"));
    assert.deepEqual([blocked, opened], ["10443 10080", "10080 10443"]);
  });

  it("does not take the way to a moved API away from somebody's own redirect", () => {
    const rules = `table ip nat { chain prerouting { type nat hook prerouting priority -100; tcp dport 443 redirect to :8443; }; }
${input("tcp dport { 22, 8443, 10080, 10443 } accept")}`;
    assert.equal(tried(rules, { moved: "moved" }).blocked, "10444");
    assert.deepEqual(tried(rules), none);
  });

  it("does not count as taken away an API that nobody has reached", () => {
    assert.deepEqual(tried(input("tcp dport { 22, 10080, 10443 } accept"), { moved: "moved" }), none);
  });

  for (const [name, programs, open] of [
    ["ufw", 'ufw() { echo "Status: active"; }', "ufw allow 10443,10080/tcp"],
    [
      "firewalld",
      "firewall-cmd() { true; }",
      "firewall-cmd --permanent --add-port=10443/tcp --add-port=10080/tcp && firewall-cmd --reload",
    ],
  ] as const)
    it(`is opened by ${name} if that owns it`, () => {
      assert.equal(tried(input("tcp dport 22 accept"), { programs }).open, open);
    });

  for (const iptables of ["iptables-nft", "iptables-legacy"]) {
    const rules = [
      "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
      "-A INPUT -m comment --comment 'as kube-proxy has it' -m mark --mark 0x8000/0x8000 -j DROP",
      "-A INPUT -p tcp -m multiport --dports 22,80,443 -j ACCEPT",
      "-A INPUT -m addrtype --dst-type LOCAL -j REJECT --reject-with icmp-host-prohibited",
    ].map((rule) => `${iptables} ${rule}\n`);
    it(`is opened by ${iptables} if that owns it`, function () {
      needsProgram(this, iptables);
      const probe = spawnSync("unshare", ["-n", iptables, "-L"]);
      if (probe.status !== 0) this.skip();
      const { firewall, blocked, open = "" } = tried("", { programs: rules.join("") });
      assert.deepEqual([firewall, blocked], ["tried", "10443 10080"]);
      assert.match(open, /^iptables(?:-legacy)? -I INPUT -p tcp -m multiport --dports 10443,10080 -j ACCEPT$/);
      assert.deepEqual(tried("", { programs: `${rules.join("")}${open}` }), none);
    });
  }

  const connection = "198.51.100.7 50000 172.20.45.37 22";
  const web = "tcp dport { 10080, 10443 } accept";

  for (const [name, rules] of Object.entries({
    "a rate": `tcp dport 22 ct state new limit rate 1/hour burst 5 packets accept\n    ${web}`,
    "a rate of each client": `tcp dport 22 ct state new add @seen { ip saddr limit rate over 1/hour burst 5 packets } drop\n    tcp dport 22 accept\n    ${web}`,
  }))
    it(`refuses an up's SSH connections after ${name}, and is opened by the command`, () => {
      const set = "set seen { type ipv4_addr; flags dynamic; timeout 1h; }\n  chain input";
      const limited = input(rules).replace("chain input", set);
      const { limit, ssh } = tried(limited, { connection });
      assert.ok(Number(limit) >= 5 && Number(limit) < sshConnections, limit);
      assert.equal(ssh, "nft insert rule inet filter input ip saddr 198.51.100.7 tcp dport 22 accept");
      const opened = `${limited}\ninsert rule inet filter input ip saddr 8.8.4.4 tcp dport 22 accept`;
      assert.equal(tried(opened, { connection }).limit, "0");
    });

  it("takes a rate that an up keeps, and one for other ports", () => {
    for (const rules of [
      `tcp dport 22 limit rate 10/second accept\n    ${web}`,
      `tcp dport 25 limit rate 1/minute accept\n    tcp dport 22 accept\n    ${web}`,
    ])
      assert.deepEqual(tried(input(rules), { connection }), none);
  });

  it("expects no fewer connections than an up makes", () => {
    const most = hostSteps({
      adopt: true,
      apiForwarder: ApiForwarder.SocketProxyd,
      filterApi: true,
      forceFilter: false,
    });
    assert.ok(most.length + 4 === sshConnections, String(most.length));
  });

  it("lifts a limit of ufw's for the operator by ufw", () => {
    const rules = input(`tcp dport 22 ct state new limit rate 1/hour burst 5 packets accept\n    ${web}`);
    const { ssh } = tried(rules, { connection, programs: 'ufw() { echo "Status: active"; }' });
    assert.equal(ssh, "ufw insert 1 allow from 198.51.100.7 to any port 22 proto tcp");
  });

  it("cannot be tried where its rules cannot be loaded", () => {
    const { firewall } = tried(input("tcp dport 22 accept"), { programs: "timeout() { false; }" });
    assert.equal(firewall, "unknown");
  });

  it("lets in a client whose first connection a busy node has no time for", () => {
    const directory = mkdtempSync(join(tmpdir(), "busy-"));
    const busy = `[ "$1" = 60 ] || ! mkdir ${directory}/first 2>/dev/null || exec sleep 0.9\nexec /usr/bin/timeout "$@"\n`;
    writeFileSync(join(directory, "timeout"), `#!/bin/sh\n${busy}`, { mode: 0o755 });
    try {
      assert.deepEqual(tried(input("tcp dport { 22, 10080, 10443 } accept"), { path: `${directory}:` }), none);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("is not counted with the tables of our own", () => {
    const ours = input("tcp dport 22 accept").replace("inet filter", "ip secondary_ingress_filter");
    assert.equal(tried(ours).firewall, "none");
  });
});
