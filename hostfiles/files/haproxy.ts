/** HAProxy on the secondary address, in front of the ingress controller's NodePorts: an instance of our own. */
import { allowedToApi } from "./apiFilter";
import type { HostSettings } from "../hostSettings";
import {
  haproxyConfig,
  haproxyPid,
  haproxyProgram,
  haproxyRuntime,
  pausedMark,
  statsPasswordFile,
} from "../node/paths";
import { apiPort, httpListener, httpsListener, statsListener } from "../../settings/ports";
import { haproxySandbox } from "./sandbox";

type Settings = Pick<
  HostSettings,
  | "clusterName"
  | "primaryPrivateIp"
  | "secondaryPrivateIp"
  | "httpsNodePort"
  | "httpNodePort"
  | "proxyProtocol"
  | "apiAllowedCidrs"
  | "vpcCidrs"
  | "podCidrs"
>;

/**
 * Connections at a time; more clients wait. Together less than the 32 000 and some that HAProxy takes by `LimitNOFILE`: what is left lets
 * the statistics page and the metrics answer while the applications' ports are full.
 */
export const mostConnections = { https: 24_000, http: 8_000 } as const;

/** Seconds for which a client that has closed its side may wait for data. */
export const clientFin = 10;

/**
 * `transparent` binds before the address exists. In kube-proxy's nftables mode NodePorts are not on 127.0.0.1, so the back ends use the
 * primary address. The API is also reached here, by SNI (kOps' kubeconfigs use `api.internal.`). The password of the statistics page is in a
 * file of its own: a preview does not show it, and a new one needs only a reload.
 */
export function renderHaproxyConfig(settings: Settings): string {
  const { clusterName, primaryPrivateIp, secondaryPrivateIp, httpsNodePort, httpNodePort, proxyProtocol } = settings;
  const proxy = proxyProtocol ? " send-proxy-v2" : "";
  const isApi = `{ req.ssl_sni -i api.${clusterName} api.internal.${clusterName} }`;
  // The API server sees HAProxy's connections as the node's own, so the allow-list applies here as well.
  const filter =
    settings.apiAllowedCidrs.length > 0
      ? [
          // One range a line: HAProxy accepts 64 words in a line.
          ...allowedToApi(settings).map((range) => `  acl api_allowed src ${range}\n`),
          `  tcp-request content reject if ${isApi} !api_allowed\n`,
        ].join("")
      : "";
  return `global
  log stderr format short daemon
  hard-stop-after 30m
  user haproxy
  group haproxy
  stats socket /run/${haproxyRuntime}/admin.sock mode 600 level admin expose-fd listeners

defaults
  mode tcp
  option dontlognull
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout client-fin ${clientFin}s
  timeout tunnel 1h
  timeout check 3s

frontend https
  bind ${secondaryPrivateIp}:${httpsListener} transparent
  maxconn ${mostConnections.https}
  tcp-request inspect-delay 5s
${filter}  tcp-request content accept if { req.ssl_hello_type 1 }
  tcp-request content reject
  use_backend api if ${isApi}
  default_backend ingress_https

frontend http
  bind ${secondaryPrivateIp}:${httpListener} transparent
  maxconn ${mostConnections.http}
  default_backend ingress_http

frontend stats
  mode http
  timeout client 10s
  bind 127.0.0.1:${statsListener}
  http-request return status 200 content-type text/plain string ok if { path /healthz }
  http-request use-service prometheus-exporter if { path /metrics }
  http-request auth realm statistics unless { http_auth_user admin } { http_auth_pass -f ${statsPasswordFile} }
  stats enable
  stats uri /

backend ingress_https
  server node ${primaryPrivateIp}:${httpsNodePort}${proxy}

backend ingress_http
  server node ${primaryPrivateIp}:${httpNodePort}${proxy}

backend api
  server node ${primaryPrivateIp}:${apiPort}
`;
}

export function renderStatsPassword({ statsPassword }: Pick<HostSettings, "statsPassword">): string {
  return `${statsPassword}\n`;
}

/**
 * The distribution's unit, haproxy.service, is the user's. HAProxy starts as root and drops to its own user: it needs NET_ADMIN for
 * `transparent`, and KILL for workers that run as another user. It needs no network to start: nothing is resolved.
 */
export function renderHaproxyUnit(): string {
  return `[Unit]
Description=Secondary ingress: HAProxy in front of the ingress controller
After=network.target
ConditionPathExists=!${pausedMark}
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=${haproxyProgram} -Ws -f ${haproxyConfig} -p ${haproxyPid}
ExecReload=${haproxyProgram} -c -q -f ${haproxyConfig}
ExecReload=/bin/kill -USR2 $MAINPID
KillMode=mixed
SuccessExitStatus=143
Restart=always
RestartSec=250ms
RuntimeDirectory=${haproxyRuntime}
LimitNOFILE=65536
CapabilityBoundingSet=CAP_NET_ADMIN CAP_SETUID CAP_SETGID CAP_KILL
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
${haproxySandbox}
[Install]
WantedBy=multi-user.target
`;
}
