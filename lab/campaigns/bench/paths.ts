/** The compared paths to application and API, side by side on one node. */
import { forwarderUnits, haproxyUnit } from "../../../hostfiles/node/paths";
import type { KeptLab } from "../../keptLab";
import { node as addresses } from "../../network/addresses";
import { apiForwardListener } from "../../../settings/ports";

export type PathId =
  | "nodePort"
  | "secondary"
  | "handMade"
  | "nftOnly"
  | "api"
  | "apiSocat"
  | "apiSocketProxyd"
  | "apiWithoutDnat"
  | "apiHandMade";

export interface Path {
  id: PathId;
  title: string;
  to: "application" | "API";
  host: string;
  port: number;
  /** Port of the same path without TLS; a TLS port answers plain HTTP with an error. */
  httpPort?: number;
  /** The proxy's unit, whose CPU time and memory are measured. */
  unit?: string;
  /** The required value of `apiForwarder`. */
  forwarder?: "socat" | "socket-proxyd";
}

export const urlOf = ({ host, port }: Path, page = "/"): string => `https://${host}:${port}${page}`;

/** The same URL without TLS. */
export const bareUrlOf = ({ host, port, httpPort = port }: Path): string => `http://${host}:${httpPort}/`;

/** Ports of the paths that exist only for comparison. */
const ports = { handMade: 4443, handMadeHttp: 4080, nftOnly: 5443, nftOnlyHttp: 5080, handMadeSocat: 6443 };

export function pathsTo(secondary: string): readonly Path[] {
  const primary = addresses.primaryPrivateIp;
  const forwarder = forwarderUnits.service;
  return [
    { id: "nodePort", title: "NodePort, direct", to: "application", host: primary, port: 30443, httpPort: 30080 },
    { id: "secondary", title: "secondary:443, ours", to: "application", host: secondary, port: 443, httpPort: 80, unit: haproxyUnit },
    { id: "handMade", title: "HAProxy bound by hand", to: "application", host: secondary, port: ports.handMade, httpPort: ports.handMadeHttp, unit: "bench-haproxy.service" },
    { id: "nftOnly", title: "nft rule alone", to: "application", host: secondary, port: ports.nftOnly, httpPort: ports.nftOnlyHttp },
    { id: "api", title: "API server's own 8443", to: "API", host: primary, port: 8443 },
    { id: "apiSocketProxyd", title: "443 by socket-proxyd, ours", to: "API", host: primary, port: 443, unit: forwarder, forwarder: "socket-proxyd" },
    { id: "apiWithoutDnat", title: "the same without its nft rule", to: "API", host: primary, port: apiForwardListener, unit: forwarder, forwarder: "socket-proxyd" },
    { id: "apiSocat", title: "443 by socat, ours", to: "API", host: primary, port: 443, unit: forwarder, forwarder: "socat" },
    { id: "apiHandMade", title: "plain socat by hand", to: "API", host: primary, port: ports.handMadeSocat, unit: "bench-socat.service" },
  ]; // prettier-ignore
}

/** Page size in bytes for the throughput load. */
export const bigPage = { path: "/big", bytes: 2 ** 20 } as const;
/** An endless page: a few bytes at intervals, like a watch of the API. */
export const streamPage = "/stream";

/** The stand-in's ingress configuration, with more connections, a large page and a slow one. */
const ingress = (primary: string): string => `worker_processes 1;
pid /run/ingress.pid;
error_log stderr;
events { worker_connections 32768; }
http {
  access_log off;
  default_type text/plain;
  keepalive_timeout 1h;
  keepalive_requests 100000000;
  server {
    listen ${primary}:30443 ssl backlog=4096;
    ssl_certificate /etc/ingress/app.crt;
    ssl_certificate_key /etc/ingress/app.key;
    root /srv/bench;
    location = / { return 200 "ingress https\\n"; }
    location = ${bigPage.path} { }
    location = ${streamPage} { limit_rate 200; output_buffers 1 512; sendfile off; }
  }
  server {
    listen ${primary}:30080 backlog=4096;
    location / { return 200 "ingress http $host\\n"; }
  }
}
`;

/** The manual layout: HAProxy bound to the public ports, in front of the NodePort, otherwise with Debian's defaults. */
const handMadeHaproxy = (primary: string, secondary: string): string => `defaults
  mode tcp
  option tcplog
  timeout connect 5s
  timeout client 50s
  timeout server 50s
frontend https
  bind ${secondary}:${ports.handMade}
  default_backend ingress
frontend http
  bind ${secondary}:${ports.handMadeHttp}
  default_backend ingress_http
backend ingress
  server node ${primary}:30443 check
backend ingress_http
  server node ${primary}:30080 check
`;

/** The manual forwarder: socat with its default backlog of 5 unless `options` set another. */
export const plainSocat = (port: number, options = ""): string =>
  `socat TCP-LISTEN:${port},fork,reuseaddr${options} TCP:127.0.0.1:8443`;

const file = (path: string, text: string): string => `cat >${path} <<'EOF'\n${text}EOF\n`;

/** Requires prod to be up on a node with a moved API server. */
export async function makePaths(kept: KeptLab, secondary: string): Promise<void> {
  const primary = addresses.primaryPrivateIp;
  await kept.node(
    [
      "set -e",
      `mkdir -p /srv/bench && head -c ${bigPage.bytes} /dev/urandom >/srv/bench${bigPage.path} && ln -sf ${bigPage.path.slice(1)} /srv/bench${streamPage}`,
      file("/etc/ingress/nginx.conf", ingress(primary)),
      "mkdir -p /run/systemd/system/ingress.service.d",
      file("/run/systemd/system/ingress.service.d/limit.conf", "[Service]\nLimitNOFILE=65536\n"),
      "systemctl daemon-reload && systemctl restart ingress.service",
      file("/srv/bench/hand-made.cfg", handMadeHaproxy(primary, secondary)),
      "systemd-run --quiet --unit=bench-haproxy -p LimitNOFILE=65536 haproxy -db -f /srv/bench/hand-made.cfg",
      `systemd-run --quiet --collect --unit=bench-socat ${plainSocat(ports.handMadeSocat)}`,
      `nft 'table ip bench { chain prerouting { type nat hook prerouting priority -110; ${[
        [ports.nftOnly, 30443],
        [ports.nftOnlyHttp, 30080],
      ]
        .map(([from, to]) => `ip daddr ${secondary} tcp dport ${from} dnat to ${primary}:${to}; `)
        .join("")}}; }'`,
    ].join("\n"),
  );
}

/**
 * Connections that one process of a unit can proxy, with two file descriptors each: this machine's limit may be lower
 * than the unit's.
 */
export async function mostConnections(kept: KeptLab, unit: string): Promise<number> {
  const limit = await kept.node(
    `awk '/^Max open files/ { print $4 }' /proc/$(systemctl show -P MainPID ${unit})/limits`,
  );
  return Math.floor((Number(limit) - 200) / 2);
}

/** PIDs of a unit, independent of this machine's cgroup support. */
const processes = (unit: string): string =>
  `$(grep -lE ':/system\\.slice/${unit.replaceAll(".", "\\.")}$' /proc/[0-9]*/cgroup 2>/dev/null | cut -d/ -f3)`;

/** CPU time of a unit's processes and their finished children, in milliseconds. */
export async function processorTime(kept: KeptLab, unit: string): Promise<number> {
  const ticks = await kept.node(
    `for p in ${processes(unit)}; do sed 's/.*) //' /proc/$p/stat 2>/dev/null; done | awk '{ sum += $12 + $13 + $14 + $15 } END { print sum + 0 }'; getconf CLK_TCK`,
  );
  const [sum = NaN, perSecond = NaN] = ticks.trim().split("\n").map(Number);
  return (sum / perSecond) * 1000;
}

/** PSS of a unit's processes, in MiB. */
export async function memory(kept: KeptLab, unit: string): Promise<number> {
  const kib = await kept.node(
    `for p in ${processes(unit)}; do cat /proc/$p/smaps_rollup 2>/dev/null; done | awk '/^Pss:/ { sum += $2 } END { print sum + 0 }'`,
  );
  return Number(kib) / 1024;
}
