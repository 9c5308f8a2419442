/** The check: every minute it inspects what the layout needs, repairs what drifted, and writes its findings to a state file. */
import { installedAddress, onLoopback } from "./address";
import type { HostSettings } from "../hostSettings";
import { redirected } from "./nat";
import { lockFunctions } from "../node/installer";
import {
  apiFilterRules,
  apiForwardRules,
  apiForwardState,
  apiSwitchProgram,
  armedChanges,
  checkMetrics,
  checkProgram,
  checkState,
  directories,
  guardRepairs,
  haproxyPid,
  haproxyProgram,
  haproxyUnit,
  hostFileProgram,
  natRules,
  pathsOfChanges,
  pausedMark,
  recentRepairs,
  undoneChanges,
} from "../node/paths";
import { apiForwardListener } from "../../settings/ports";
import { sandbox } from "./sandbox";
import { quote } from "../node/shell";

type Settings = Pick<HostSettings, "clusterName" | "primaryPrivateIp" | "healthName">;

/** Seconds between two checks. */
const period = 60;
/** Pause after a repair that failed, doubled each time. Seconds. */
const firstPause = 60;
const longestPause = 1800;
/** How long a repair counts as recent, seconds. The alert and the doctor use the same period. */
const recent = 3600;

/**
 * The state is one JSON object, replaced as a whole. `time` and `lastGood`: seconds since 1970. `checks`: whether each item is right, or right
 * again after a repair. `paused`: HAProxy is stopped on purpose, and nothing is wrong with that. `certificates`: which certificate each path
 * shows (`api`, `other` or `none`; kOps answers 401 to anonymous requests, so a status code would prove nothing); a TLS alert is `other`, for
 * somebody sent it, and the API server sends none. `edited`: installed files that were changed by hand. `unconfirmed` and `undone`: files
 * of changes that wait for their confirmation, or did not get it. `repaired` and `failed`: in this run.
 * `repairs`: since boot, including the guard's. `repairsLastHour`: the recent ones among them.
 */
export function renderCheck({ clusterName, primaryPrivateIp, healthName }: Settings): string {
  return `#!/bin/bash
# Inspects what the secondary ingress needs and repairs what drifted; writes one line to the journal if it did.
set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
primary=${primaryPrivateIp} state=${checkState} pauses=${directories.run}/pauses
${lockFunctions}
lock 'the check' || exit 1
trap unlock EXIT
mkdir -p $pauses
now=$(date +%s)
checks= repaired= failed= good=true

# Retries a failed repair after a pause, which doubles each time.
repair() { # name, command
  local next=0 pause=0
  [ ! -e "$pauses/$1" ] || read -r next pause <"$pauses/$1"
  if [ "$now" -lt "$next" ]; then failed="$failed $1"; return; fi
  pause=$((pause == 0 ? ${firstPause} : pause * 2 > ${longestPause} ? ${longestPause} : pause * 2))
  echo "$((now + pause)) $pause" >"$pauses/$1"
  if (eval "$2") >/dev/null 2>&1 9>&-; then repaired="$repaired $1"; else failed="$failed $1"; fi
}
keep() { # name, test, repair
  local is=true
  (eval "$2") >/dev/null 2>&1 || { repair "$1" "$3"; (eval "$2") >/dev/null 2>&1 || { is=false; good=false; }; }
  [ $is = false ] || rm -f "$pauses/$1"
  checks="$checks,\\"$1\\":$is"
}
list() { local word all=; for word in $1; do all="$all,\\"$word\\""; done; echo "[\${all#,}]"; }

handshake() { timeout 3 openssl s_client -connect "$1:443" \${2:+-servername} \${2:--noservername} </dev/null 9>&-; }
# Prints which certificate an address shows on port 443: to a client that asks for a name, or sends no SNI.
certificate() { # address, name
  local names
  names=$(handshake "$@" 2>/dev/null | openssl x509 -noout -ext subjectAltName 2>/dev/null)
  case $names in
    *DNS:api.internal.${clusterName}*) echo api ;;
    '') if handshake "$@" 2>&1 >/dev/null | grep -q 'SSL alert number'; then echo other; else echo none; fi ;;
    *) echo other ;;
  esac
}

${redirected}
${installedAddress}
${onLoopback}

keep files '! ${hostFileProgram} drift | grep -q "^missing "' '${hostFileProgram} restore'
secondary=$(installed_address)
keep address "on_loopback $secondary" "ip addr replace $secondary/32 dev lo"
keep natTable redirected 'nft -f ${natRules}'
[ ! -e ${apiFilterRules} ] || keep apiFilter 'nft list chain ip secondary_ingress_filter input | grep -q drop' 'nft -f ${apiFilterRules}'
# Who has stopped it on purpose starts it again.
paused=false secondary_shows=other
if [ -e ${pausedMark} ]; then
  paused=true secondary_shows=none
else
  keep haproxy 'systemctl is-active -q ${haproxyUnit}' 'systemctl reset-failed ${haproxyUnit}; systemctl start ${haproxyUnit}'
  # Like the distribution's service, which its package reloads after an update.
  keep haproxyProgram '[ ! -e ${haproxyPid} ] || [ "$(stat -c %Z ${haproxyProgram})" -le "$(stat -c %Y ${haproxyPid})" ]' 'systemctl reload ${haproxyUnit}; sleep 1'
fi
keep guard 'systemctl is-active -q secondary-ingress-guard.service' 'systemctl start secondary-ingress-guard.service'
keep manifestWatch 'systemctl is-active -q kube-api-switch.path' 'systemctl reset-failed kube-api-switch.path kube-api-switch.service; systemctl start kube-api-switch.path'
keep apiSwitch '${apiSwitchProgram} agrees' 'systemctl start --no-block kube-api-switch.service; for i in $(seq 50); do sleep 0.1; [ "$(systemctl is-active kube-api-switch.service)" = activating ] || exec ${apiSwitchProgram} agrees; done'
if grep -qs forward ${apiForwardState}; then
  keep apiTable 'nft list table ip secondary_ingress_api | grep -q "dnat to 127.0.0.1:${apiForwardListener}"' 'nft -f ${apiForwardRules}'
fi

# HAProxy and the forwarder may be starting: try twice before calling it bad.
for attempt in 1 2; do
  seen="$(certificate $primary) $(certificate 127.0.0.1) $(certificate $secondary ${quote(healthName)})"
  [ "$seen" != "api api $secondary_shows" ] || break
  [ $attempt = 2 ] || sleep 1
done
[ "$seen" = "api api $secondary_shows" ] || good=false
read -r on_primary on_loopback on_secondary <<<"$seen"

read -r last_good repairs < <(sed -nE 's/.*"lastGood":([0-9]+).*"repairs":([0-9]+).*/\\1 \\2/p' $state 2>/dev/null)
[ $good = false ] || last_good=$now
for name in $repaired; do echo "$now $name"; done >>${recentRepairs}
repairs=$((\${repairs:-0} + $(wc -w <<<"$repaired")))
# Moved away as a whole; the guard continues in a new file.
if mv ${guardRepairs} ${guardRepairs}.taken 2>/dev/null; then
  repairs=$((repairs + $(wc -l <${guardRepairs}.taken)))
  cat ${guardRepairs}.taken >>${recentRepairs}
fi
awk -v since=$((now - ${recent})) '$1 > since' ${recentRepairs} >${recentRepairs}.new && mv ${recentRepairs}.new ${recentRepairs}
printf '{"schemaVersion":1,"time":%s,"good":%s,"paused":%s,"lastGood":%s,"checks":{%s},"certificates":{"primary":"%s","loopback":"%s","secondary":"%s"},"edited":%s,"unconfirmed":%s,"undone":%s,"repaired":%s,"failed":%s,"repairs":%s,"repairsLastHour":%s}\\n' \\
  "$now" $good $paused "\${last_good:-0}" "\${checks#,}" "$on_primary" "$on_loopback" "$on_secondary" \\
  "$(list "$(${hostFileProgram} drift | sed -n 's/^edited //p')")" "$(list "$(${pathsOfChanges(armedChanges)})")" "$(list "$(${pathsOfChanges(undoneChanges)})")" \\
  "$(list "$repaired")" "$(list "$failed")" "$repairs" "$(wc -l <${recentRepairs})" >$state.new
mv $state.new $state

# Readable for node-exporter, which runs as another user.
metrics=${checkMetrics}
if [ -d "\${metrics%/*}" ]; then
  gauge() { echo "# HELP secondary_ingress_$1 $3"; echo "# TYPE secondary_ingress_$1 \${4-gauge}"; echo "secondary_ingress_$1 $2"; }
  {
    gauge check_time_seconds "$now" 'When the check last ran, in seconds since 1970.'
    gauge good $([ $good = true ] && echo 1 || echo 0) 'Whether everything is right, or right again after a repair.'
    gauge paused $([ $paused = true ] && echo 1 || echo 0) 'Whether HAProxy is stopped on purpose.'
    gauge last_good_time_seconds "\${last_good:-0}" 'When everything was last right, in seconds since 1970.'
    gauge repairs_total "$repairs" 'Repairs since boot, by the check and by the guard.' counter
    gauge edited_files "$(${hostFileProgram} drift | grep -c '^edited ')" 'Installed files that were changed by hand.'
    echo '# HELP secondary_ingress_ok Whether one item is right, or right again after a repair.'
    echo '# TYPE secondary_ingress_ok gauge'
    tr , '\\n' <<<"\${checks#,}" | sed -nE 's/"(.*)":true/secondary_ingress_ok{what="\\1"} 1/p; s/"(.*)":false/secondary_ingress_ok{what="\\1"} 0/p'
  } >"$metrics.new" && chmod 0644 "$metrics.new" && mv "$metrics.new" "$metrics"
fi
[ -z "$repaired" ] || echo "repaired:$repaired"
[ -z "$failed" ] || echo "could not repair, tried again later:$failed" >&2
exit 0
`;
}

export function renderCheckUnit(): string {
  return `[Unit]
Description=Secondary ingress: check and repair
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${checkProgram}
TimeoutStartSec=${period - 5}
CapabilityBoundingSet=CAP_NET_ADMIN CAP_DAC_READ_SEARCH
RestrictAddressFamilies=AF_INET AF_NETLINK AF_UNIX
${sandbox}# Repairs write where the files are installed.
ReadWritePaths=/etc /run -/usr/local/lib -/var/lib/prometheus/node-exporter
`;
}

export function renderCheckTimer(): string {
  return `[Unit]
Description=Secondary ingress: check every minute

[Timer]
OnBootSec=15s
OnActiveSec=${period}s
OnUnitActiveSec=${period}s
AccuracySec=1s

[Install]
WantedBy=timers.target
`;
}
