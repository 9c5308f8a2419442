/** Both looks at the node, on a fake node with the real HAProxy, socat and sockets. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { parseClues, renderCluesScript } from "../../../operator/adopt/clues";
import { type InspectionSettings, parseInspection, renderInspectionScript } from "../../../operator/adopt/inspection";
import { apiManifest, handMadeRecord } from "../../../hostfiles/node/paths";
import { forwardUnit, handMadeHaproxy, onHandMadeNode, unitsOfTest } from "../../hostfiles/handMadeNode";
import { hostSettings } from "../../hostfiles/settings";

const { primaryPrivateIp: primary, secondaryPrivateIp: secondary } = hostSettings();

const handEdited = `spec:
  containers:
  - command:
    - kube-apiserver
    - --secure-port=443
    # - --secure-port=1
    - --bind-address=127.0.0.1
    - --secure-port=8443
`;

describe("adopt's look at the node", () => {
  const { node, api, ingress, haproxy, forwarder } = onHandMadeNode();
  const clues = () => parseClues(node().succeed("bash -s", { input: renderCluesScript() }));
  const inspection = (change: Partial<InspectionSettings> = {}) => {
    const script = renderInspectionScript(hostSettings(change))
      .replace("preflight() {", `${unitsOfTest}preflight() {`)
      .replace("faults= warnings=", `${unitsOfTest}faults= warnings=`);
    return parseInspection(node().succeed("bash -s", { input: script }));
  };

  it("is scripts that bash takes and that change nothing", () => {
    for (const script of [renderCluesScript(), renderInspectionScript(hostSettings())]) {
      const { status, stderr } = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
      assert.equal(status, 0, stderr);
      assert.doesNotMatch(
        // The trial of the firewall has network namespaces of its own; firewall.test.ts looks whether the node's stays as it is.
        script
          .replace(/^trial\(\) \{\n[\s\S]*?\n\}\n/m, "")
          // A fix that is printed.
          .replace(/"mv -n \$address_file [^"]*"/, ""),
        /systemctl (?:re)?start|systemctl (?:stop|enable|disable)|nft (?:add|delete|-f)|ip addr (?:add|del|replace)|\brm\b|\bmv\b|>>/,
      );
    }
  });

  it("gives what the files say", () => {
    node().write(apiManifest, handEdited);
    const userlist = "userlist people\n  user admin insecure-password hunter2\n";
    node().write("/etc/haproxy/haproxy.cfg", handMadeHaproxy(userlist));
    node().write("/etc/systemd/system/api-443.service", forwardUnit);
    node().write("/etc/systemd/system/shop.service", "[Service]\nExecStart=/usr/bin/shop 127.0.0.1:9\n");
    const { haproxy: lines, ...rest } = clues();
    assert.deepEqual(rest, {
      securePort: "8443",
      bindAddress: "127.0.0.1",
      takenOver: false,
      forward: [/ExecStart=.*/.exec(forwardUnit)?.[0]],
    });
    assert.ok(lines.includes(`  bind ${secondary}:443`));
    assert.ok(lines.includes(`  server node ${primary}:30443`));
    assert.doesNotMatch(lines.join("\n"), /hunter2/);
  });

  it("gives what runs: the configuration that HAProxy was started with, and who forwards", () => {
    api("127.0.0.1:8443");
    haproxy();
    forwarder("renamed.service");
    node().succeed(
      "mkdir /etc/other; mv /etc/haproxy/haproxy.cfg /etc/other/a.cfg; pkill -x haproxy; until ! pgrep -x haproxy; do /usr/bin/sleep 0.01; done; rm /etc/systemd/system/*",
    );
    assert.deepEqual(clues().haproxy, []);
    node().succeed("setsid haproxy -db -f /etc/other </dev/null >/dev/null 2>&1 & until pgrep -x haproxy; do :; done");
    const { haproxy: lines, forward } = clues();
    assert.ok(lines.includes(`  bind ${secondary}:443`));
    assert.match(forward.join("\n"), /^socat TCP4-LISTEN:443,bind=172\.20\.45\.37,.* TCP4:127\.0\.0\.1:8443$/m);
  });

  it("gives nothing on a node without the layout", () => {
    const nothing = { securePort: "", bindAddress: "", takenOver: false, haproxy: [], forward: [] };
    assert.deepEqual(clues(), nothing);
    node().succeed(`ip addr del ${secondary}/16 dev ens5`);
    const { parts, onInterface, files } = inspection({ requestedIp: "" });
    assert.deepEqual([parts, onInterface, files], [[], undefined, []]);
    node().write(`${handMadeRecord}/complete`, "");
    assert.equal(clues().takenOver, true);
  });

  it("sees the layout as written, and the preflight's findings beside it", () => {
    api("127.0.0.1:8443");
    ingress();
    haproxy();
    forwarder();
    node().write("/etc/netplan/99-secondary-ip.yaml", `addresses: [${secondary}/16]\n`);
    const redirect = (chain: string): string => `${chain} -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 8443`;
    node().standIn("iptables-save", `echo '-A ${redirect("PREROUTING")}'; echo '-A ${redirect("OUTPUT")}'\n`);
    const { parts, onInterface, besides, secondaryPrivateIp, files, faults, warnings } = inspection();
    assert.deepEqual(parts, [
      { unit: "haproxy.service", role: "http", listener: `${secondary}:80` },
      { unit: "haproxy.service", role: "https", listener: `${secondary}:443` },
      { unit: "haproxy.service", role: "statistics", listener: "0.0.0.0:8404" },
      { unit: "kube-api-forward.service", role: "api", listener: `${primary}:443` },
    ]);
    assert.deepEqual(onInterface, { prefix: `${secondary}/16`, device: "ens5" });
    assert.deepEqual([besides, secondaryPrivateIp, files], [[], secondary, ["/etc/netplan/99-secondary-ip.yaml"]]);
    const codes = [...faults, ...warnings].map(({ code }) => code);
    for (const code of ["HAND_MADE_LAYOUT", "API_PORT_TAKEN", "HAND_MADE_SERVES_MORE"])
      assert.ok(!codes.includes(code));
    const leftover = warnings.find(({ code }) => code === "LEFTOVER_REDIRECT");
    assert.equal(leftover?.found, "2 of them");
    assert.equal(
      leftover.fix,
      `iptables -t nat -D ${redirect("PREROUTING")} && iptables -t nat -D ${redirect("OUTPUT")}`,
    );
  });

  it("names what is in the way as `pulumi up` would", () => {
    ingress();
    haproxy("frontend db\n  bind 127.0.0.1:5432\n  default_backend ingress_http\n");
    node().write("/etc/secondary-ingress/owner", "p/another");
    const { faults, besides } = inspection();
    assert.deepEqual(besides, ["haproxy.service haproxy 127.0.0.1:5432"]);
    const codes = faults.map(({ code }) => code);
    for (const code of ["HAND_MADE_SERVES_MORE", "NODE_OWNED"]) assert.ok(codes.includes(code), codes.join());
    assert.ok(faults.every(({ expected, found, fix }) => expected && found && fix));
  });

  it("names a file of the node's own that the address's would replace, with the command that keeps it", () => {
    const file = "/etc/netplan/99-secondary-ip.yaml";
    node().succeed("rm /usr/local/sbin/netplan");
    const text = `network:\n  version: 2\n  ethernets:\n    ens5: {addresses: [${primary}/16, ${secondary}/16]}\n`;
    node().write(file, text, 0o600);
    const find = () => inspection().faults.find(({ code }) => code === "ADDRESS_FILE_TAKEN");
    const fault = find();
    assert.equal(fault?.found, `ens5 Address=${primary}/16`);
    node().succeed(fault.fix);
    assert.deepEqual([find(), node().read("/etc/netplan/99-own.yaml")], [undefined, text]);
  });

  it("names a manifest that does not say where the API server is, if something forwards to it", () => {
    forwarder();
    for (const [flag, named] of [
      ["    - --secure-port=", true],
      ["    - --secure-port=8443", false],
    ] as const) {
      node().write(apiManifest, `${flag}\n    - --bind-address=127.0.0.1\n`);
      const fault = inspection().faults.find(({ code }) => code === "API_PORT_UNKNOWN");
      assert.equal(fault !== undefined, named, flag);
      if (fault) assert.match(fault.fix, /--secure-port=<port>/);
    }
    node().succeed("systemctl stop kube-api-forward.service; rm /etc/systemd/system/kube-api-forward.service");
    node().write(apiManifest, "    - --secure-port=\n");
    assert.ok(!inspection().faults.some(({ code }) => code === "API_PORT_UNKNOWN"));
  });

  it("is refused when it was cut short", () => {
    assert.throws(() => parseClues("securePort 443\n"));
    assert.throws(() => parseInspection("layout a api b\nsecondary \n"), /cut short/);
  });
});
