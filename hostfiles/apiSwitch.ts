/** The one place that decides whether the API is forwarded: the API server's manifest says so, and nothing else. */
import type { HostSettings } from "./hostStep";
import { apiForwardRules, apiManifest, apiMovedMark, apiMovedProgram, apiSwitchProgram, directories } from "./paths";
import { apiForwardListener } from "./ports";

/** Leads the API's port 443 to the forwarder; loaded while the API server has moved. */
export function renderApiForwardRules({ primaryPrivateIp: address }: Pick<HostSettings, "primaryPrivateIp">): string {
  const rule = `ip daddr ${address} tcp dport 443 counter dnat to ${address}:${apiForwardListener}`;
  return `#!/usr/sbin/nft -f
add table ip secondary_ingress_api
delete table ip secondary_ingress_api
table ip secondary_ingress_api {
  chain prerouting {
    type nat hook prerouting priority -110; policy accept;
    ${rule}
  }
  chain output {
    type nat hook output priority -110; policy accept;
    ${rule}
    ip daddr 127.0.0.1 tcp dport 443 counter dnat to 127.0.0.1:${apiForwardListener}
  }
}
`;
}

/** Exit status 0 when the API server listens, or is about to listen, on a port other than 443. */
export function renderApiMoved({ apiLocalPort }: Pick<HostSettings, "apiLocalPort">): string {
  return `#!/bin/sh
# Exit status 0: the API server's manifest says that it listens elsewhere than on 443. Of repeated flags the last counts.
port=$(grep -oE -- '--secure-port[= "]+[0-9]+' ${apiManifest} 2>/dev/null | tail -n1 | grep -oE '[0-9]+$')
if [ -z "$port" ]; then
  # No manifest, or half of one: who listens decides, and without an answer :443 is left alone.
  ss -Hltnp 'sport = :${apiLocalPort}' | grep -q kube-apiserver && ! ss -Hltnp 'sport = :443' | grep -q kube-apiserver && port=${apiLocalPort}
fi
[ -n "$port" ] && [ "$port" != 443 ]
`;
}

/** Turns the forwarding on or off and returns when it is as the manifest says. */
export function renderApiSwitch({ apiLocalPort }: Pick<HostSettings, "apiLocalPort">): string {
  return `#!/bin/bash
# Turns the forwarding of the API on or off, as its manifest says. Nothing of ours listens on :443.
set -u
sockets=
[ -e ${directories.units}/kube-api-forward.socket ] && sockets='kube-api-forward.socket kube-api-forward-cluster.socket'
mkdir -p ${directories.run}
table_is_on() { nft list table ip secondary_ingress_api >/dev/null 2>&1; }
someone_listens_on() { [ -n "$(ss -Hltn "sport = :$1")" ]; }
where_it_listens() {
  case $(grep -oE -- '--bind-address[= "]+[0-9.]+' ${apiManifest} | tail -n1) in
    *127.0.0.1) echo loopback ;;
    *) echo everywhere ;;
  esac
}
stop_forwarder() { systemctl stop $sockets kube-api-forward.service 2>/dev/null; }
start_forwarder() {
  if [ -z "$sockets" ]; then systemctl start kube-api-forward.service
  elif [ "$1" = loopback ]; then systemctl start $sockets
  else systemctl start kube-api-forward.socket
  fi
}
forwarder_runs() {
  if [ -n "$sockets" ]; then systemctl is-active -q kube-api-forward.socket
  else systemctl is-active -q kube-api-forward.service
  fi
}
# The manifest may be half-written, and the API server takes its time to move: look until both agree.
for _ in $(seq 600); do
  if ${apiMovedProgram}; then
    where=$(where_it_listens)
    # Its own port must be free for it before it comes up on every address.
    [ "$(cat ${apiMovedMark} 2>/dev/null)" = "$where" ] || stop_forwarder
    echo "$where" >${apiMovedMark}
    forwarder_runs || start_forwarder "$where"
    table_is_on && exit 0
    # :443 stays as it is until the API server has really moved, or has let go of it.
    if someone_listens_on ${apiLocalPort} || ! someone_listens_on 443; then
      nft -f ${apiForwardRules} && { echo 'the API server has moved: forwarding is on'; exit 0; }
    fi
  else
    rm -f ${apiMovedMark}
    table_is_on && nft delete table ip secondary_ingress_api && echo 'the API server is on :443: forwarding is off'
    stop_forwarder
    ${apiMovedProgram} || exit 0
  fi
  sleep 0.1
done
echo 'the API server did not come up where its manifest says within a minute' >&2
exit 1
`;
}

export function renderApiSwitchUnit(): string {
  return `[Unit]
Description=Secondary ingress: forward the API's port 443 while its server has moved
StartLimitIntervalSec=0
After=local-fs.target

[Service]
Type=oneshot
ExecStart=${apiSwitchProgram}
TimeoutStartSec=90

[Install]
WantedBy=multi-user.target
`;
}

export function renderApiSwitchPath(): string {
  return `[Unit]
Description=Secondary ingress: watch the API server's manifest
StartLimitIntervalSec=0

[Path]
PathChanged=${apiManifest}
Unit=kube-api-switch.service
TriggerLimitIntervalSec=0

[Install]
WantedBy=multi-user.target
`;
}
