/** Forwards port 443 to a moved API server, for clients and for pods: socat or systemd-socket-proxyd behind the forwarding table. */
import type { HostSettings } from "../hostSettings";
import { apiForwardProgram, apiForwardState, forwarderUnits } from "../node/paths";
import { apiForwardListener } from "../../settings/ports";
import { sandbox } from "./sandbox";

type Settings = Pick<HostSettings, "primaryPrivateIp" | "apiLocalPort">;

/** Only kube-api-switch.service starts and stops it. It is never enabled, because at boot it could start before nodeup. */
const unitHead = (what: string, more: readonly string[] = []): string =>
  [
    "[Unit]",
    `Description=Secondary ingress: forward the API to where its server listens (${what})`,
    "StartLimitIntervalSec=0",
    `ConditionPathExists=${apiForwardState}`,
    ...more,
  ].join("\n");

const service = (execStart: string, more: readonly string[] = []): string =>
  `[Service]
EnvironmentFile=${apiForwardState}
ExecStart=${execStart}
${more.map((line) => `${line}\n`).join("")}Restart=always
RestartSec=250ms
KillMode=control-group
TimeoutStopSec=5
TasksMax=8192
LogRateLimitIntervalSec=30s
LogRateLimitBurst=20
DynamicUser=yes
CapabilityBoundingSet=
ProcSubset=pid
RestrictAddressFamilies=AF_INET AF_UNIX
${sandbox}`;

/** Starts one socat for each listener that the switch names in LISTENERS. */
export function renderSocatProgram({ primaryPrivateIp, apiLocalPort }: Settings): string {
  return `#!/bin/bash
# One socat for each listener; when one of the API's own port ends, systemd restarts them all.
set -u
listen() { socat "TCP4-LISTEN:$2,bind=$1,ip-freebind,fork,reuseaddr,backlog=4096" "TCP4:127.0.0.1:$API_PORT" & }
for listener in $LISTENERS; do
  case $listener in
    forward) listen 127.0.0.1 ${apiForwardListener}; listen ${primaryPrivateIp} ${apiForwardListener} ;;
    # Somebody else may serve that port: clients of 443 do not depend on it.
    cluster) while :; do listen ${primaryPrivateIp} ${apiLocalPort}; wait $!; sleep 1; done & ;;
  esac
done
wait -n
exit 1
`;
}

export function renderSocatUnit(): string {
  return `${unitHead("socat")}

${service(apiForwardProgram)}`;
}

/** A connection takes six file descriptors: two sockets and two pipes for splice(2). */
export function renderSocketProxydUnit(): string {
  const sockets = [forwarderUnits.socket, forwarderUnits.clusterSocket];
  return `${unitHead("socket-proxyd", [`After=${sockets.join(" ")}`])}

${service(`/lib/systemd/systemd-socket-proxyd --connections-max=4096 127.0.0.1:\${API_PORT}`, ["LimitNOFILE=65536", `Sockets=${sockets.join(" ")}`])}`;
}

const socket = (what: string, service: string, listeners: readonly string[]): string => `[Unit]
Description=Secondary ingress: ${what}
DefaultDependencies=no
Before=shutdown.target
Conflicts=shutdown.target
ConditionPathExists=${apiForwardState}

[Socket]
${listeners.map((listener) => `ListenStream=${listener}\n`).join("")}FreeBind=yes
Backlog=4096
NoDelay=yes
Service=${service}
`;

export function renderForwardSocket({ primaryPrivateIp }: Pick<HostSettings, "primaryPrivateIp">): string {
  return socket("target of the forwarding table", forwarderUnits.service, [
    `127.0.0.1:${apiForwardListener}`,
    `${primaryPrivateIp}:${apiForwardListener}`,
  ]);
}

/** Listens on the moved API server's own port on the primary address, for pods; apiSwitch.ts says when. */
export function renderClusterSocket({ primaryPrivateIp, apiLocalPort }: Settings): string {
  return socket("the `kubernetes` endpoint of a moved API server", forwarderUnits.service, [
    `${primaryPrivateIp}:${apiLocalPort}`,
  ]);
}
