/**
 * How the layout made by hand is told from other services: by who listens where, and where that leads. Shell functions for the preflight, which
 * reads, and for the program that takes the layout over.
 */
import type { HostSettings } from "../hostSettings";
import { apiForwardState, directories, formerHaproxyDropIn } from "./paths";
import { apiPort, clientPorts } from "../../settings/ports";
import { quote } from "./shell";

/** What the functions are told about the node. */
export type HandMadeSettings = Pick<
  HostSettings,
  "clusterName" | "primaryPrivateIp" | "requestedIp" | "httpsNodePort" | "apiLocalPort"
>;

/**
 * `inspect` sets, as lists of one line each:
 * - `layout`: `<unit> <role> <listener>`, for what listens or would listen again: role `api` (leads to the API server), `https` and `http` (lead to
 *   the ingress controller), `statistics` (of the same HAProxy), `address` (the secondary address on an interface; its unit is `-`)
 * - `besides`: `<unit> <process> <listener>`, what units of the layout serve besides it
 * - `strangers`: `<process> on <address>`, who else listens on port 443 and is not the API server
 * - `secondary`: the layout's secondary address, `device` and `prefix`: where it is, if it is on an interface
 */
export function handMadeFunctions(settings: HandMadeSettings): string {
  const { clusterName, primaryPrivateIp, requestedIp, httpsNodePort, apiLocalPort } = settings;
  return `primary=${primaryPrivateIp} secondary=${quote(requestedIp)} cluster=${quote(clusterName)}
haproxy_config=/etc/haproxy/haproxy.cfg

# Prints all TCP listeners: <address> <port> <pid> <process>, several lines for a shared one.
sockets() {
  ss -Hltnp | awk '{
    at = $4; address = at; sub(/:[^:]*$/, "", address); sub(/%.*/, "", address); sub(/.*:/, "", at); found = 0
    while (match($0, /"[^"]+",pid=[0-9]+/)) {
      split(substr($0, RSTART + 1, RLENGTH - 1), name, /",pid=/); $0 = substr($0, RSTART + RLENGTH); found = 1
      print address, at, name[2], name[1]
    }
    if (!found) print address, at, 0, "unknown"
  }' | sort -u
}
# Prints the unit that a listener belongs to. Where systemd itself listens, a socket unit does.
unit_of() { # address, port, pid
  if [ "$3" = 1 ]; then systemctl list-sockets --all --no-legend --plain --no-pager | awk -v at="$1:$2" '$1 == at {print $2; exit}'
  # What a session or a container runs has no unit of its own.
  else sed 's|.*/||' "/proc/$3/cgroup" 2>/dev/null | grep '\\.service$' | grep -vE '^(docker|containerd|user@.*)\\.service$' | tail -n1
  fi
}
shows() { timeout 3 openssl s_client -connect "$1" -noservername </dev/null 2>/dev/null 9>&-; }
is_api() { shows "$1" | openssl x509 -noout -ext subjectAltName 2>/dev/null | grep -q "DNS:api.internal.$cluster"; }
certificate_of() { shows "$1" | openssl x509 -noout -fingerprint -sha256 2>/dev/null; }
# Whether a listener leads to the ingress controller. If that shows no certificate, for want of a name or of the PROXY protocol, HAProxy's
# configuration says so.
is_ingress() { # address:port, pid
  local here there
  here=$(certificate_of "$1") there=$(certificate_of "$primary:${httpsNodePort}")
  if [ -n "$here" ] && [ -n "$there" ]; then [ "$here" = "$there" ]
  else grep -qsE '^[[:space:]]*server[[:space:]].*:${httpsNodePort}\\b' "$(config_of "$2")"
  fi
}
config_of() { local file; file=$(tr '\\0' '\\n' <"/proc/$1/cmdline" 2>/dev/null | grep -A1 -x -e -f | tail -n1); echo "\${file:-$haproxy_config}"; }
# Whether a command line names the port of a moved API server as its target.
names_api() { grep -qE '(127\\.0\\.0\\.1|localhost|\\[::1\\]):${apiLocalPort}\\b'; }
# Whether a process connects to its own listener: stunnel has TLS on one side of a service, and ends and begins it in two.
is_own_hop() { # address:port, pid
  tr '\\0' '\\n' <"/proc/$2/cmdline" | while read -r word; do [ ! -f "$word" ] || cat "$word"; done | grep -aqE "^[[:space:]]*connect[[:space:]]*=[[:space:]]*$1[[:space:]]*$"
}
is_statistics() { # port
  local answer
  answer=$(exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /stats HTTP/1.0\\r\\n\\r\\n' >&3 && timeout 3 cat <&3)
  grep -q 'Statistics Report for HAProxy' <<<"$answer"
}
is_everywhere() { case $1 in 0.0.0.0 | '*' | '[::]') ;; *) return 1 ;; esac; }
add() { layout="$layout$1 $2 $3"$'\\n'; }
# Ours, of any release.
is_ours() {
  case $1 in secondary-ingress-* | kube-api-switch.*) return ;; esac
  if [ "$1" = haproxy.service ]; then [ -e ${formerHaproxyDropIn} ]; return; fi
  grep -qs '^ConditionPathExists=${apiForwardState}$' "${directories.units}/$1"
}
will_run() { # unit
  systemctl is-enabled -q "$1" 2>/dev/null && return
  case $(systemctl is-active "$1" 2>/dev/null) in active | activating | reloading) ;; *) return 1 ;; esac
}

# Units that do not listen now and would again: stopped until the next boot, or failing for as long as the port is in use.
inspect_dormant() {
  local file unit
  for file in ${directories.units}/*.service ${directories.units}/*.socket; do
    unit=\${file##*/}
    [ -e "$file" ] && ! is_ours "$unit" && ! grep -q "^$unit " <<<"$layout" && will_run "$unit" || continue
    case $unit in
      *.service) grep -E '^Exec' "$file" | grep -E "(LISTEN:|$primary:)${apiPort}\\b" | names_api || continue ;;
      *) grep -qE "^ListenStream=(.*:)?${apiPort}$" "$file" && systemctl cat "\${unit%.socket}.service" 2>/dev/null | grep -E '^Exec' | names_api || continue ;;
    esac
    add "$unit" api "$primary:${apiPort}"
  done
  if ! grep -q '^haproxy.service ' <<<"$layout" && ! is_ours haproxy.service && will_run haproxy.service &&
    [ -n "$secondary" ] && grep -qsE "^[[:space:]]*bind[[:space:]]+$secondary:(${clientPorts.https}|${clientPorts.http})\\b" $haproxy_config; then
    add haproxy.service https "$secondary:${clientPorts.https}"
    besides=$(grep -E '^[[:space:]]*bind[[:space:]]' $haproxy_config | awk '{print $2}' |
      grep -vxE "$secondary:(${clientPorts.https}|${clientPorts.http})|(\\\\*|0\\\\.0\\\\.0\\\\.0|127\\\\.0\\\\.0\\\\.1)?:8404" | sed 's/^/haproxy.service haproxy /')
  fi
}

inspect() {
  layout= besides= strangers= device= prefix=
  local all address port pid name unit
  all=$(sockets)
  # Without the setting: the one other address on an interface that somebody serves 443 on.
  [ -n "$secondary" ] || secondary=$(ip -4 -o addr show scope global | awk '$2 != "lo" {split($4, p, "/"); print p[1]}' | grep -vxF "$primary" |
    while read -r address; do if grep -q "^$address ${apiPort} " <<<"$all"; then echo "$address"; fi; done | head -n1)
  while read -r address port pid name; do
    [ "$port" = ${apiPort} ] && [ "$name" != kube-apiserver ] || continue
    unit=$(unit_of "$address" "$port" "$pid")
    if [ -n "$unit" ] && is_ours "$unit"; then continue
    elif [ -n "$unit" ] && [ "$address" = "$secondary" ] && is_ingress "$address:$port" "$pid"; then add "$unit" https "$address:$port"
    elif [ -n "$unit" ] && { [ "$address" = "$primary" ] || [ "$address" = 127.0.0.1 ] || is_everywhere "$address"; } &&
      { is_api "$primary:$port" || tr '\\0' ' ' <"/proc/$pid/cmdline" | names_api; }; then add "$unit" api "$address:$port"
    else strangers="$strangers$name on $address"$'\\n'
    fi
  done <<<"$all"
  while read -r address port pid name; do
    [ "$port" != ${apiPort} ] || continue
    unit=$(unit_of "$address" "$port" "$pid")
    [ -n "$unit" ] && grep -q "^$unit " <<<"$layout" || continue
    if is_own_hop "$address:$port" "$pid"; then :
    elif ! grep -q "^$unit https " <<<"$layout"; then besides="$besides$unit $name $address:$port"$'\\n'
    elif [ "$port" = ${clientPorts.http} ] && [ "$address" = "$secondary" ]; then add "$unit" http "$address:$port"
    elif is_statistics "$port"; then add "$unit" statistics "$address:$port"
    else besides="$besides$unit $name $address:$port"$'\\n'
    fi
  done <<<"$all"
  inspect_dormant
  [ -z "$secondary" ] || read -r device prefix < <(ip -4 -o addr show to "$secondary/32" | awk '$2 != "lo" {print $2, $4; exit}')
  [ -z "$device" ] || add - address "$prefix on $device"
  layout=$(sort -u <<<"$layout" | sed '/^$/d') besides=$(sort -u <<<"$besides" | sed '/^$/d') strangers=$(sort -u <<<"$strangers" | sed '/^$/d')
}
`;
}
