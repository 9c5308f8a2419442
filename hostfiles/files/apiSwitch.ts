/** The one place that decides whether the API is forwarded: by the API server's manifest, and by where it still serves. */
import type { HostSettings } from "../hostSettings";
import {
  apiForwardRules,
  apiForwardState,
  apiHasMovedMark,
  apiManifest,
  apiSwitchProgram,
  directories,
  formerForwarderUnits,
  forwarderUnits,
} from "../node/paths";
import { manifestFunctions } from "../node/manifest";
import { apiForwardBridge, apiForwardListener, apiPort } from "../../settings/ports";
import { sandbox } from "./sandbox";

/** Sends the API's port 443 to the forwarder. Loaded while the API server is on another port. */
export function renderApiForwardRules({ primaryPrivateIp: address }: Pick<HostSettings, "primaryPrivateIp">): string {
  const rule = `ip daddr ${address} tcp dport ${apiPort} counter dnat to ${address}:${apiForwardListener}`;
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
    ip daddr 127.0.0.1 tcp dport ${apiPort} counter dnat to 127.0.0.1:${apiForwardListener}
  }
}
`;
}

/**
 * Turns the forwarding on or off, and returns once it matches the manifest.
 *
 * Pods call the API at the `kubernetes` endpoint, `<primary>:<the manifest's port>`. If a moved API server listens on loopback only, the
 * forwarder answers there. It still does after the API server is back on :443: Kubernetes keeps the old port in the endpoint if the API
 * server ended without removing its lease from etcd (reconcilers/lease.go compares ports at shutdown only).
 *
 * A server that is to come back to :443 is forwarded to until it has: kubelet, which would end it, waits for it at 127.0.0.1:443
 * (docs/decisions/0017).
 */
export function renderApiSwitch({
  apiLocalPort,
  primaryPrivateIp,
}: Pick<HostSettings, "apiLocalPort" | "primaryPrivateIp">): string {
  return `#!/bin/bash
# Turns the forwarding of the API on or off, as its manifest says and the API server does. Nothing here listens on :443.
set -u
export LC_ALL=C
state=${apiForwardState} has_moved=${apiHasMovedMark}
unit_file=${directories.units}/${forwarderUnits.service}
mkdir -p ${directories.run}

${manifestFunctions}
table_exists() { nft list table ip secondary_ingress_api >/dev/null 2>&1; }
# The table exists and sends to the forwarder.
table_is_on() { nft list table ip secondary_ingress_api 2>/dev/null | grep -q 'dnat to 127.0.0.1:${apiForwardListener}'; }
forwarder_listens() { [ "$(ss -Hltn "sport = :${apiForwardListener}" | wc -l)" -ge 2 ]; }
# A process listens there, besides the listener for pods.
someone_listens_on() { ss -Hltn "sport = :$1" | awk -v ours="${primaryPrivateIp}:${apiLocalPort}" '$4 != ours' | grep -q .; }

# The port, and something if the API server is on loopback only.
forward_to() { printf 'API_PORT=%s\\nLISTENERS="forward%s"\\n' "$1" "\${2:+ cluster}"; }

# Prints the forwarder's variables, one a line, or nothing if it should not run. Status 1 if the manifest does not tell, 2 if the API server
# may yet come up on either port, which is then its own.
wanted() {
  # Read once: the next read may find another text, or half of it.
  local text port; text=$(manifest); port=$(flag secure-port "$text") || return 1
  if [ "$port" != 443 ]; then
    forward_to "$port" "$(flag bind-address "$text" | grep -xF 127.0.0.1)"
  elif [ -e "$has_moved" ]; then
    if ! someone_listens_on 443; then
      # kubelet has not ended it.
      if someone_listens_on ${apiLocalPort}; then forward_to ${apiLocalPort} "$(ss -Hltn "src 127.0.0.1:${apiLocalPort}")"; return; fi
      # It may be on its way up, or down: until somebody is on :443, nothing of ours needs to change.
      if [ -e "$state" ]; then cat "$state"; return; fi
      return 2
    fi
    echo 'API_PORT=443'
    echo 'LISTENERS="cluster"'
  fi
}
# The manifest says :443 again.
is_back() { [ "$(flag secure-port "$(manifest)")" = 443 ]; }

# Prints the units that the forwarder had in release 0.1.0, until the upgrade has removed them.
former_units() {
  local unit
  for unit in ${formerForwarderUnits.join(" ")}; do
    if grep -qs '^ConditionPathExists=${apiForwardState}$' "${directories.units}/$unit"; then echo "$unit"; fi
  done
}
stop_forwarder() { systemctl stop ${[forwarderUnits.socket, forwarderUnits.clusterSocket, forwarderUnits.service].join(" ")} $(former_units) 2>/dev/null; }
units() {
  [ -n "$1" ] || return
  grep -qs '^Sockets=' "$unit_file" || { echo ${forwarderUnits.service}; return; }
  case $1 in *forward*) echo ${forwarderUnits.socket} ;; esac
  case $1 in *cluster*) echo ${forwarderUnits.clusterSocket} ;; esac
}
run_forwarder() {
  if [ "$(cat "$state" 2>/dev/null)" != "$1" ]; then
    # The API server's own port must be free for it before it comes up there on every address.
    stop_forwarder
    printf '%s\\n' "$1" >"$state.new" && mv "$state.new" "$state"
  fi
  local unit
  for unit in $(units "$1"); do systemctl is-active -q "$unit" || systemctl start "$unit"; done
}

# agrees: exit status 0 if there is nothing to do, or another run is doing it.
if [ "\${1-}" = agrees ]; then
  now=$(wanted) || exit 0
  [ "$(systemctl is-active kube-api-switch.service)" != activating ] || exit 0
  [ "$(cat "$state" 2>/dev/null)" = "$now" ] || exit 1
  # A server that is to come back to :443 is watched until it does.
  case $now in *forward*) table_is_on && ! is_back || exit 1 ;; *) ! table_exists || exit 1 ;; esac
  for unit in $(units "$now"); do systemctl is-active -q "$unit" || exit 1; done
  exit 0
fi

# One run at a time: a renewal must not restore what a change of the manifest has just ended.
exec 8>${directories.run}/switch.lock
flock 8

# renew: the forwarder has been replaced, or goes by another name. A bridge takes new connections meanwhile, and open ones get time to end.
listening_on() { for _ in $(seq 200); do [ "$(ss -Hltn "sport = :$1" | wc -l)" -ge 2 ] && return; sleep 0.05; done; return 1; }
drained() { for _ in $(seq 40); do [ -n "$(ss -Htn state established "sport = :$1")" ] || return; sleep 0.05; done; }
if [ "\${1-}" = renew ]; then
  now=$(cat "$state" 2>/dev/null) || exit 0
  if table_is_on; then
    . "$state"
    for address in 127.0.0.1 ${primaryPrivateIp}; do
      socat "TCP4-LISTEN:${apiForwardBridge},bind=$address,fork,reuseaddr,backlog=4096" "TCP4:127.0.0.1:$API_PORT" </dev/null >/dev/null 2>&1 8>&- &
    done
    # Ends the listeners. An open connection, such as a watch, keeps its own process until it ends.
    trap 'kill $(jobs -p) 2>/dev/null' EXIT
    if listening_on ${apiForwardBridge}; then
      sed 's/:${apiForwardListener}$/:${apiForwardBridge}/' ${apiForwardRules} | nft -f - && drained ${apiForwardListener}
    fi
  fi
  stop_forwarder
  run_forwarder "$now"
  if table_exists; then
    # One that does not start leaves the way that worked.
    renewed=0
    listening_on ${apiForwardListener} || { renewed=1; systemctl start $(former_units) 2>/dev/null; listening_on ${apiForwardListener}; }
    nft -f ${apiForwardRules} && drained ${apiForwardBridge}
    exit $renewed
  fi
  exit 0
fi

unanswered=0 seen=nothing
# The API server takes time to move: poll until it listens on the port in the manifest.
for _ in $(seq 600); do
  now=$(wanted) status=$?
  if [ $status = 2 ]; then
    seen=nothing unanswered=0
  elif [ $status != 0 ]; then
    # The manifest is half-written, empty or absent: change nothing, and read it again.
    seen=nothing
    [ $((unanswered += 1)) -lt 30 ] || exit 0
  elif [ "$now" != "$(cat "$state" 2>/dev/null)" ] && [ "$now" != "$seen" ]; then
    # Half-written, too, it may name a port: act on what the next look finds the same.
    seen=$now unanswered=0
  else
    seen=nothing unanswered=0
    case $now in
      *forward*)
        [ -e "$has_moved" ] || : >"$has_moved"
        run_forwarder "$now"
        # Leave :443 alone until nobody listens there, or the API server has moved and the forwarder can take over from who forwards it.
        if table_is_on; then done=yes
        elif ! someone_listens_on 443 || { someone_listens_on ${apiLocalPort} && forwarder_listens; }; then
          nft -f ${apiForwardRules} && { echo 'the API server has moved: forwarding is on'; done=yes; }
        else done=no
        fi
        ! is_back || done=no
        ;;
      *)
        # Remove the state first, or the guard puts the table back.
        if [ -n "$now" ]; then run_forwarder "$now"; else rm -f "$state"; fi
        if table_exists; then nft delete table ip secondary_ingress_api && echo 'the API server is on :443: forwarding is off'; fi
        [ -n "$now" ] || stop_forwarder
        done=yes
        ;;
    esac
    # A write during this run did not start the unit again.
    [ $done = yes ] && again=$(wanted) && [ "$again" = "$now" ] && exit 0
  fi
  sleep 0.1
done
echo 'the API server did not listen on the port in its manifest within a minute' >&2
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
TimeoutStartSec=180
# An API server that takes longer is watched on.
Restart=on-failure
RestartSec=100ms
CapabilityBoundingSet=CAP_NET_ADMIN CAP_DAC_READ_SEARCH
RestrictAddressFamilies=AF_INET AF_NETLINK AF_UNIX
${sandbox}ReadWritePaths=/run ${directories.etc}

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
