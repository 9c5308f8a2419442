/** The layout made by hand on a fake node, with the real HAProxy, socat and sockets: what is told from what. */
import assert from "node:assert/strict";
import { handMadeFunctions } from "../../../hostfiles/node/handMade";
import { formerHaproxyDropIn } from "../../../hostfiles/node/paths";
import { forwardUnit, handMadeHaproxy, onHandMadeNode, unitsOfTest } from "../handMadeNode";
import { hostSettings } from "../settings";

const { primaryPrivateIp: primary, secondaryPrivateIp: secondary } = hostSettings();

interface Found {
  layout: string[];
  besides: string[];
  strangers: string[];
  secondary: string;
}

describe("the layout made by hand", () => {
  const { node, serve, tls, api, ingress, proxiedIngress, haproxy, forwarder } = onHandMadeNode();
  const inspect = (change: Parameters<typeof hostSettings>[0] = {}): Found => {
    const said = node().succeed(
      `set -u
${handMadeFunctions(hostSettings(change))}
${unitsOfTest}inspect
for name in layout besides strangers secondary; do echo "$name:"; echo "\${!name}"; done`,
    );
    const parts = said.split(/^(?:layout|besides|strangers|secondary):\n/m).slice(1);
    const [layout = [], besides = [], strangers = [], [second = ""] = []] = parts.map((part) =>
      part.split("\n").filter((line) => line !== ""),
    );
    return { layout, besides, strangers, secondary: second };
  };

  const asWritten = [
    `- address ${secondary}/16 on ens5`,
    `haproxy.service http ${secondary}:80`,
    `haproxy.service https ${secondary}:443`,
    "haproxy.service statistics 0.0.0.0:8404",
    `kube-api-forward.service api ${primary}:443`,
  ];

  it("belongs to the unit that runs it, and to none where a session or a container does", () => {
    for (const [group, unit] of [
      ["/system.slice/kube-api-forward.service", "kube-api-forward.service"],
      ["/system.slice/docker.service", ""],
      ["/user.slice/user-0.slice/user@0.service/tmux-spawn-1.scope", ""],
      ["/user.slice/user-0.slice/session-1.scope", ""],
    ]) {
      node().write("/tmp/cgroup", `0::${group}\n`);
      const functions = handMadeFunctions(hostSettings()).replace('"/proc/$3/cgroup"', "/tmp/cgroup");
      assert.equal(node().succeed(`${functions}\nunit_of 172.20.45.37 443 7 || true`).trim(), unit, group);
    }
  });

  it("is seen as written, with and without its address in the settings", () => {
    api("127.0.0.1:8443");
    ingress();
    haproxy();
    forwarder();
    for (const requestedIp of [secondary, ""])
      assert.deepEqual(inspect({ requestedIp }), { layout: asWritten, besides: [], strangers: [], secondary });
  });

  it("is seen under another unit's name, and by its configuration where the ingress controller shows no certificate", () => {
    api("127.0.0.1:8443");
    haproxy();
    forwarder("api-443.service");
    assert.deepEqual(inspect().layout, asWritten.map((line) => line.replace("kube-api-forward", "api-443")).sort());
  });

  it("is seen with an ingress controller that answers only to the PROXY protocol", () => {
    proxiedIngress();
    node().write("/etc/haproxy/haproxy.cfg", handMadeHaproxy().replace(/30443$/m, "30443 send-proxy-v2"));
    serve("haproxy.service", "haproxy -db -f /etc/haproxy/haproxy.cfg", 443);
    const { layout, strangers } = inspect();
    assert.deepEqual([layout, strangers], [asWritten.slice(0, 4), []]);
  });

  it("is seen with a forwarder that holds the port before the API server, whose command line names the target", () => {
    forwarder();
    assert.deepEqual(inspect().layout, [asWritten[0], asWritten[4]]);
  });

  it("is seen where its units do not listen and would again", () => {
    node().write("/etc/haproxy/haproxy.cfg", handMadeHaproxy());
    node().write("/etc/systemd/system/kube-api-forward.service", forwardUnit);
    assert.deepEqual(inspect().layout, [asWritten[0]]);
    node().succeed("systemctl enable kube-api-forward.service haproxy.service");
    assert.deepEqual(inspect(), {
      layout: [asWritten[0], asWritten[2], asWritten[4]],
      besides: [],
      strangers: [],
      secondary,
    });
  });

  it("is seen where systemd holds the port for a socket unit that leads to the API", () => {
    node().write("/etc/systemd/system/api.socket", `[Socket]\nListenStream=${primary}:443\n`);
    node().write(
      "/etc/systemd/system/api.service",
      "[Service]\nExecStart=/lib/systemd/systemd-socket-proxyd 127.0.0.1:8443\n",
    );
    node().succeed("systemctl enable api.socket");
    assert.deepEqual(inspect().layout, [asWritten[0], `api.socket api ${primary}:443`]);
  });

  it("is seen with a forwarder of two services, such as stunnel's, the first of which connects to the second", () => {
    const twoListeners = `import socket, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tmp/api.pem")
inner = socket.create_server(("127.0.0.1", 8442))
outer = context.wrap_socket(socket.create_server(("${primary}", 443)), server_side=True)
while True:
    try: outer.accept()[0].close()
    except OSError: pass
`;
    node().write("/tmp/forwarder.py", twoListeners);
    node().write("/etc/forward.conf", `[from-clients]\naccept = ${primary}:443\nconnect = 127.0.0.1:8442\n`);
    serve("kube-api-forward.service", "python3 /tmp/forwarder.py /etc/forward.conf", 443);
    assert.deepEqual(inspect(), { layout: [asWritten[0], asWritten[4]], besides: [], strangers: [], secondary });
    node().write("/etc/forward.conf", "connect = 127.0.0.1:8443\n");
    assert.deepEqual(inspect().besides, ["kube-api-forward.service python3 127.0.0.1:8442"]);
  });

  it("names what its HAProxy serves besides it, running or stopped", () => {
    const more = "frontend db\n  bind 127.0.0.1:5432\n  default_backend ingress_http\n";
    ingress();
    haproxy(more);
    assert.deepEqual(inspect().besides, ["haproxy.service haproxy 127.0.0.1:5432"]);
    assert.deepEqual(inspect().layout, asWritten.slice(0, 4));
    node().succeed("systemctl enable haproxy.service; systemctl stop haproxy.service");
    assert.deepEqual(inspect().besides, ["haproxy.service haproxy 127.0.0.1:5432"]);
  });

  it("is not somebody else's service, whatever it is called", () => {
    api("127.0.0.1:8443");
    ingress();
    node().write("/etc/systemd/system/kube-api-forward.service", "[Service]\nExecStart=/usr/bin/shop\n");
    serve("kube-api-forward.service", tls(`${primary}:443`, "app"), 443);
    serve("haproxy.service", tls(`${secondary}:443`, "api"), 443);
    const found = inspect();
    assert.deepEqual(found.layout, [asWritten[0]]);
    assert.deepEqual(found.strangers.length, 1 + 1);
    assert.match(found.strangers.join(), /openssl on 172\.20\.45\.37,openssl on 172\.20\.45\.38/);
  });

  it("is not the distribution's HAProxy as release 0.1.0 set it up", () => {
    node().succeed(`ip addr del ${secondary}/16 dev ens5; systemctl enable haproxy.service`);
    node().write("/etc/haproxy/haproxy.cfg", `frontend http\n  bind ${secondary}:80 transparent\n`);
    assert.deepEqual(inspect().layout, [`haproxy.service https ${secondary}:443`]);
    node().write(formerHaproxyDropIn, "[Service]\n");
    assert.deepEqual(inspect().layout, []);
  });

  it("is not our own, of this release or 0.1.0", () => {
    api("127.0.0.1:8443");
    node().write(
      "/etc/systemd/system/kube-api-forward.service",
      "[Unit]\nConditionPathExists=/run/secondary-ingress/api-forward.env\n",
    );
    serve("kube-api-forward.service", `socat TCP4-LISTEN:443,bind=${primary},reuseaddr,fork TCP4:127.0.0.1:8443`, 443);
    serve(
      "secondary-ingress-haproxy.service",
      `socat TCP4-LISTEN:443,bind=${secondary},reuseaddr,fork TCP4:127.0.0.1:8443`,
      443,
    );
    assert.deepEqual([inspect().layout, inspect().strangers], [[asWritten[0]], []]);
  });
});
