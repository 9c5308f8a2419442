/** The layout made by hand on a fake node: the real HAProxy, socat and TLS servers, and which unit each belongs to. */
import { certificateFor } from "../support/certificate";
import { type FakeNode, onFakeNode } from "../support/fakeNode";
import { installValidators, needsProgram } from "../support/needs";
import { hostSettings } from "./settings";

const { primaryPrivateIp: primary, secondaryPrivateIp: secondary, clusterName } = hostSettings();

/** By the write-up that people followed. */
export const handMadeHaproxy = (more = ""): string => `global
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

export const forwardUnit = `[Service]
ExecStart=/usr/bin/socat TCP4-LISTEN:443,bind=${primary},reuseaddr,fork TCP4:127.0.0.1:8443
Restart=always
[Install]
WantedBy=multi-user.target
`;

/** Which unit a process belongs to, as `serve` wrote it down; in place of the script's own function. */
export const unitsOfTest = `unit_of() { if [ "$3" = 1 ]; then echo "$1:$2.socket"; else cat "/tmp/units/$3" 2>/dev/null; fi; }
`;

export interface HandMadeNode {
  node(): FakeNode;
  /** Runs a server that belongs to a unit, until the test ends, and waits for its port. */
  serve(unit: string, command: string, port: number): void;
  /** Command of a TLS server with the certificate of the API or of the application. */
  tls(at: string, name: "api" | "app"): string;
  api(at: string): void;
  ingress(): void;
  /** An ingress controller that answers only to the PROXY protocol. */
  proxiedIngress(): void;
  haproxy(more?: string): void;
  forwarder(unit?: string): void;
}

export function onHandMadeNode(): HandMadeNode {
  let certificates: { cert: string; key: string }[];
  before(async function () {
    await installValidators();
    for (const program of ["haproxy", "nft", "socat", "ss", "openssl"]) needsProgram(this, program);
    certificates = await Promise.all([`api.internal.${clusterName}`, "app.example.com"].map(certificateFor));
  });
  const node = onFakeNode((fresh: FakeNode) => {
    for (const [i, name] of ["api", "app"].entries())
      fresh.write(`/tmp/${name}.pem`, `${certificates[i]?.cert}${certificates[i]?.key}`);
    fresh.succeed(
      `ip link add ens5 type veth peer name peer5; ip link set ens5 up; ip link set peer5 up
      ip addr add ${primary}/16 dev ens5; ip addr add ${secondary}/16 dev ens5; mkdir /tmp/units`,
    );
    fresh.standIn(
      "systemctl",
      `case $1 in list-sockets) exit ;; cat) cat "/etc/systemd/system/$2"; exit ;; esac
${fresh.read("/usr/local/sbin/systemctl")}`,
    );
  });
  const serve: HandMadeNode["serve"] = (unit, command, port) => {
    node().hook(
      unit,
      `case $1 in
        start) setsid ${command} </dev/null >/tmp/log-${port} 2>&1 & echo ${unit} >/tmp/units/$!; echo $! >/tmp/pid-${unit} ;;
        stop) [ ! -e /tmp/pid-${unit} ] || kill -- -"$(cat /tmp/pid-${unit})"; rm -f /tmp/pid-${unit} ;;
      esac
      true`,
    );
    node().succeed(
      `before=$(ss -Hltn "sport = :${port}" | wc -l)
      systemctl start ${unit}
      for i in $(seq 1000); do [ "$(ss -Hltn "sport = :${port}" | wc -l)" -gt "$before" ] && exit; /usr/bin/sleep 0.01; done; cat /tmp/log-${port} >&2; exit 1`,
    );
  };
  const tls: HandMadeNode["tls"] = (at, name) =>
    `openssl s_server -quiet -www -accept ${at} -cert /tmp/${name}.pem -key /tmp/${name}.pem`;
  return {
    node,
    serve,
    tls,
    api: (at) => serve("kube-apiserver", tls(at, "api"), Number(at.split(":")[1])),
    ingress: () => serve("kubepods", tls(`${primary}:30443`, "app"), 30443),
    proxiedIngress: () => {
      node().write(
        "/tmp/ingress.cfg",
        `defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s
listen ingress\n  bind ${primary}:30443 accept-proxy\n  server app 127.0.0.1:31443\n`,
      );
      serve("app", tls("127.0.0.1:31443", "app"), 31443);
      serve("kubepods", "haproxy -db -f /tmp/ingress.cfg", 30443);
    },
    haproxy: (more = "") => {
      node().write("/etc/haproxy/haproxy.cfg", handMadeHaproxy(more));
      serve("haproxy.service", "haproxy -db -f /etc/haproxy/haproxy.cfg", 443);
    },
    forwarder: (unit = "kube-api-forward.service") => {
      node().write(`/etc/systemd/system/${unit}`, forwardUnit);
      serve(unit, `socat TCP4-LISTEN:443,bind=${primary},reuseaddr,fork TCP4:127.0.0.1:8443`, 443);
    },
  };
}
