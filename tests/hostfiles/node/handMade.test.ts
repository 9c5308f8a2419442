/** The layout made by hand on a fake node, with the real HAProxy, socat and sockets: what is told from what. */
import assert from "node:assert/strict";
import { handMadeFunctions } from "../../../hostfiles/node/handMade";
import { certificateFor } from "../../support/certificate";
import { type FakeNode, onFakeNode } from "../../support/fakeNode";
import { installValidators, needsProgram } from "../../support/needs";
import { hostSettings } from "../settings";

const settings = hostSettings();
const { primaryPrivateIp: primary, secondaryPrivateIp: secondary, clusterName } = settings;

/** By the write-up that people followed. */
const handMadeHaproxy = (more = ""): string => `global
  maxconn 1000
defaults
  mode tcp
  timeout connect 5s
  timeout client 50s
  timeout server 50s
frontend https
  bind ${secondary}:443
  tcp-request inspect-delay 5s
  tcp-request content accept if { req_ssl_hello_type 1 }
  use_backend api_backend if { req_ssl_sni -i api.${clusterName} }
  default_backend ingress_https
frontend http
  bind ${secondary}:80
  default_backend ingress_http
listen stats
  bind *:8404
  mode http
  stats enable
  stats uri /stats
backend api_backend
  server api 127.0.0.1:8443
backend ingress_https
  server node ${primary}:30443
backend ingress_http
  server node ${primary}:30080
${more}`;

const forwardUnit = `[Service]
ExecStart=/usr/bin/socat TCP4-LISTEN:443,bind=${primary},reuseaddr,fork TCP4:127.0.0.1:8443
Restart=always
[Install]
WantedBy=multi-user.target
`;

interface Found {
  layout: string[];
  besides: string[];
  strangers: string[];
  secondary: string;
}

describe("the layout made by hand", function () {
  let api: Awaited<ReturnType<typeof certificateFor>>;
  let app: typeof api;
  before(async function () {
    await installValidators();
    for (const program of ["haproxy", "socat", "ss", "openssl"]) needsProgram(this, program);
    [api, app] = await Promise.all([certificateFor(`api.internal.${clusterName}`), certificateFor("app.example.com")]);
  });
  const node = onFakeNode((fresh: FakeNode) => {
    fresh.write("/tmp/api.pem", api.cert + api.key);
    fresh.write("/tmp/app.pem", app.cert + app.key);
    fresh.succeed(
      `ip link add ens5 type veth peer name peer5; ip link set ens5 up; ip link set peer5 up; ip addr add ${primary}/16 dev ens5; ip addr add ${secondary}/16 dev ens5; mkdir /tmp/units`,
    );
    fresh.standIn(
      "systemctl",
      `case $1 in list-sockets) cat /tmp/list-sockets 2>/dev/null; exit ;; cat) cat "/etc/systemd/system/$2"; exit ;; esac
${fresh.read("/usr/local/sbin/systemctl")}`,
    );
  });

  /** Runs a server that belongs to a unit, until the test ends, and waits for its port. */
  const serve = (unit: string, command: string, port: number): void => {
    node().succeed(
      `setsid ${command} </dev/null >/tmp/log-${port} 2>&1 & echo ${unit} >/tmp/units/$!
      for i in $(seq 500); do ss -Hltn "sport = :${port}" | grep -q . && exit; /usr/bin/sleep 0.01; done; cat /tmp/log-${port} >&2; exit 1`,
    );
  };
  const tls = (at: string, name: string): string =>
    `openssl s_server -quiet -www -accept ${at} -cert /tmp/${name}.pem -key /tmp/${name}.pem`;
  const apiAt = (at: string): void => serve("kube-apiserver", tls(at, "api"), Number(at.split(":")[1]));
  const ingress = (): void => {
    serve("kubepods", tls(`${primary}:30443`, "app"), 30443);
  };
  const haproxy = (more = ""): void => {
    node().write("/etc/haproxy/haproxy.cfg", handMadeHaproxy(more));
    serve("haproxy.service", "haproxy -db -f /etc/haproxy/haproxy.cfg", 443);
  };
  const forwarder = (unit = "kube-api-forward.service"): void => {
    node().write(`/etc/systemd/system/${unit}`, forwardUnit);
    serve(unit, `socat TCP4-LISTEN:443,bind=${primary},reuseaddr,fork TCP4:127.0.0.1:8443`, 443);
    node().succeed(
      `for i in $(seq 500); do ss -Hltn "src ${primary}:443" | grep -q . && exit; /usr/bin/sleep 0.01; done; exit 1`,
    );
  };
  const inspect = (change: Parameters<typeof hostSettings>[0] = {}): Found => {
    const said = node().succeed(
      `set -u
${handMadeFunctions(hostSettings(change))}
unit_of() { if [ "$3" = 1 ]; then echo "$1:$2.socket"; else cat "/tmp/units/$3" 2>/dev/null; fi; }
inspect
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

  it("is seen as written, with and without its address in the settings", () => {
    apiAt("127.0.0.1:8443");
    ingress();
    haproxy();
    forwarder();
    for (const requestedIp of [secondary, ""])
      assert.deepEqual(inspect({ requestedIp }), { layout: asWritten, besides: [], strangers: [], secondary });
  });

  it("is seen under another unit's name, and by its configuration where the ingress controller shows no certificate", () => {
    apiAt("127.0.0.1:8443");
    haproxy();
    forwarder("api-443.service");
    assert.deepEqual(inspect().layout, asWritten.map((line) => line.replace("kube-api-forward", "api-443")).sort());
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

  it("names what its HAProxy serves besides it, running or stopped", () => {
    const more = "frontend db\n  bind 127.0.0.1:5432\n  default_backend ingress_http\n";
    ingress();
    haproxy(more);
    assert.deepEqual(inspect().besides, ["haproxy.service haproxy 127.0.0.1:5432"]);
    assert.deepEqual(inspect().layout, asWritten.slice(0, 4));
    node().succeed(
      "systemctl enable haproxy.service; pkill -x haproxy; until ! pgrep -x haproxy; do /usr/bin/sleep 0.01; done",
    );
    assert.deepEqual(inspect().besides, ["haproxy.service haproxy 127.0.0.1:5432"]);
  });

  it("is not somebody else's service, whatever it is called", () => {
    apiAt("127.0.0.1:8443");
    ingress();
    node().write("/etc/systemd/system/kube-api-forward.service", "[Service]\nExecStart=/usr/bin/shop\n");
    serve("kube-api-forward.service", tls(`${primary}:443`, "app"), 443);
    serve("haproxy.service", tls(`${secondary}:443`, "api"), 443);
    const found = inspect();
    assert.deepEqual(found.layout, [asWritten[0]]);
    assert.deepEqual(found.strangers.length, 1 + 1);
    assert.match(found.strangers.join(), /openssl on 172\.20\.45\.37,openssl on 172\.20\.45\.38/);
  });

  it("is not our own, of this release or 0.1.0", () => {
    apiAt("127.0.0.1:8443");
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
