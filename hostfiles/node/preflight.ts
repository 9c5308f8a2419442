/** What is looked at before the first byte is written: read-only, and ends the run where something stands in the way. */
import { addressFile } from "../files/address";
import { type HostSettings, NetworkConfig } from "../hostSettings";
import { addressFileFunctions } from "./addressFileTaken";
import { apiManifest, ownerFile } from "./paths";
import {
  apiForwardBridge,
  apiForwardListener,
  apiPort,
  httpListener,
  httpsListener,
  statsListener,
} from "../../settings/ports";
import { firewallFunctions, sshConnections } from "./firewall";
import { handMadeFunctions, type HandMadeSettings } from "./handMade";
import { manifestFunctions } from "./manifest";
import { holdFunctions } from "./packages";
import { quote } from "./shell";

/** Something that does not stop the run and is worth knowing. */
export interface PreflightFinding {
  /** Stable, for tools: `PORT_IN_USE`. */
  code: string;
  expected: string;
  found: string;
  fix: string;
}

/** What the read-only look at the node found. */
export interface PreflightReport {
  schemaVersion: 1;
  facts: {
    /** Whoever listens on :443 and on the port of a moved API server, as `<process> on <address>`. */
    listeners: Record<string, string[]>;
    /** Of the API server's manifest, the last of repeated flags; `""` without one. */
    api: { securePort: string; bindAddress: string; advertiseAddress: string };
    /** Plugin types in /etc/cni/net.d, the first file in the order that container runtimes use. */
    cni: string[];
    /** Pod ranges that the node's manifests and CNI name, as CIDRs. */
    podCidrs: string[];
    network: NetworkConfig | "none";
    /** Addresses on the primary address's interface besides it. */
    otherAddresses: string[];
    versions: Record<"systemd" | "haproxy" | "nft", string>;
    /** MiB free where the host files go. */
    diskFreeMiB: number;
    /** Seconds since 1970, and whether something keeps it right. */
    clock: { time: number; synchronized: boolean };
    owner: string;
    /** The layout made by hand, for as long as it is there and not taken over. */
    handMade: {
      /** `<unit> <role> <listener>`: docs/moving-in.md. */
      layout: string[];
      /** What its units serve besides it, as `<unit> <process> <listener>`. */
      besides: string[];
      secondaryPrivateIp: string;
    };
  };
  warnings: PreflightFinding[];
}

/** @returns the report of a preflight that passed, or undefined if `stdout` holds none */
export function parsePreflight(stdout: string): PreflightReport | undefined {
  // A startup file of the login may have printed something before it, without the end of a line.
  const report = /\{".*$/m.exec(stdout)?.[0];
  return report === undefined ? undefined : (JSON.parse(report) as PreflightReport);
}

/** The heading of the faults. */
const notReady = "The node is not ready; nothing was changed:";
/** Code, expected, found, fix: as a printf format, and as `pulumi` shows a fault of the settings. */
const faultFormat = "  %s: expected %s, found %s\\n    fix: %s\\n";

/** Older ones lack LogRateLimitIntervalSec= in services and ProcSubset= (systemd NEWS 240, 247). */
const oldestSystemd = 247;
/** Packages, their lists, and our few kilobytes. */
const neededMiB = 100;
const neededInodes = 1000;
/** Half of what kube-proxy sets for each processor (--conntrack-max-per-core), and what it sets at least. */
const fewTracked = 16384;
export const usuallyTracked = 131072;
/** Where a fix sets what the kernel tracks. */
export const trackedFile = "/etc/sysctl.d/90-secondary-ingress-conntrack.conf";
/** A command that has the kernel track `most` connections. */
export const trackMost = (most: number): string =>
  `echo 'net.netfilter.nf_conntrack_max = ${most}' >${trackedFile} && sysctl -p ${trackedFile}`;

/**
 * A script for bash, which becomes root. If the node is ready it prints a `PreflightReport` as one line of JSON on stdout, and each warning on
 * stderr, which the engine shows. Otherwise it prints every fault with its fix on stdout, which the engine shows with the error and nowhere else,
 * and ends with status 1.
 */
export function renderPreflight(
  settings: Pick<HostSettings, "owner" | "formerOwner" | "adopt" | "httpNodePort"> & HandMadeSettings,
): string {
  const { owner, formerOwner, adopt, apiLocalPort, httpsNodePort, httpNodePort } = settings;
  return `# Reads; changes nothing.
shell=\${SHELL##*/} login=$(id -un) connection=\${SSH_CONNECTION-}
if ! why=$(sudo -n bash -c : 2>&1 </dev/null && sudo -n env true 2>&1 </dev/null); then
  if ! command -v sudo >/dev/null; then
    expected='sudo, also for root' fix='as root: apt-get install -y sudo'
    [ "$login" = root ] || fix="$fix && echo '$login ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/secondary-ingress"
    why="none$(! command -v doas >/dev/null || echo ', and doas, which is not used')"
  else
    expected='sudo without a password and a terminal for this login'
    fix="as root: printf '%s\\n' '$login ALL=(ALL) NOPASSWD:ALL' 'Defaults:$login !requiretty' >/etc/sudoers.d/secondary-ingress"
  fi
  printf '${notReady}\n${faultFormat}' NO_SUDO "$expected" "$(tr -s '\n' ' ' <<<"\${why:-a sudo that runs neither bash nor env}")" "$fix"
  exit 1
fi
[ "$(id -u)" = 0 ] || exec sudo -n bash -s -- "$shell" "$login" "$connection"
[ $# != 3 ] || shell=$1 login=$2 connection=$3
set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
owner=${quote(owner)} former=${quote(formerOwner)} manifest=${apiManifest}
${handMadeFunctions(settings)}
${firewallFunctions(settings)}
${addressFileFunctions}
${holdFunctions}
faults= warnings= notes=

string() { printf '"%s"' "$(printf %s "$1" | tr -d '\\000-\\037' | sed 's/[\\\\"]/\\\\&/g')"; }
strings() { local line all=; while IFS= read -r line; do [ -z "$line" ] || all="$all,$(string "$line")"; done; printf '[%s]' "\${all#,}"; }
finding() { printf '{"code":"%s","expected":%s,"found":%s,"fix":%s}' "$1" "$(string "$2")" "$(string "$3")" "$(string "$4")"; }
line() { tr '\n' ' ' <<<"$1" | sed 's/ $//'; }
text() { printf '${faultFormat}' "$1" "$2" "$(line "$3")" "$(line "$4")"; }
fault() { faults="$faults$(text "$@")"$'\n'; }
warning() { warnings="$warnings,$(finding "$@")"; notes="$notes$(text "$@")"$'\n'; }

# Listeners of a port, one a line: process on address. ss names processes as users:(("name",pid=1,fd=2)).
listeners() {
  ss -Hltnp "sport = :$1" | while read -r _ _ _ address process; do
    name=\${process#*'(("'}; name=\${name%%'"'*}
    echo "\${name:-unknown} on \${address%:*}"
  done | sort -u
}
joined() { paste -sd, - | sed 's/,/, /g'; }

found=$(cat ${ownerFile} 2>/dev/null)
[ -z "$former" ] || [ "$found" != "$former" ] || found=$owner
[ -z "$found" ] || [ "$found" = "$owner" ] ||
  fault NODE_OWNED "a node of the stack '$owner', or of none" "one of the stack '$found'" "destroy that stack first, or give this one another node; if it was renamed: pulumi config set formerStack '$found'"

# Each later command line is for a shell of Bourne's family.
case $shell in
  '' | sh | bash | dash | ash | ksh* | mksh | zsh) ;;
  *) fault LOGIN_SHELL "a login shell like bash for '$login'" "$shell" "usermod --shell /bin/bash '$login', or another login in ssh.user" ;;
esac

# A port of ours: free, or already held by our own service (a socket unit's listener belongs to systemd).
need_port() { # port, addresses that collide (extended regular expression), names of our processes, what for
  local taken
  taken=$(listeners "$1" | grep -E " on ($2)$" | { if [ "$found" = "$owner" ]; then grep -vE "^($3) on "; else cat; fi; } | joined)
  [ -z "$taken" ] || fault PORT_IN_USE "port $1 free for the secondary ingress ($4)" "$taken" 'stop it or move it to another port'
}
everywhere='0\\.0\\.0\\.0|\\*|\\[::\\]'
need_port ${httpsListener} '.*' 'haproxy' 'HAProxy, HTTPS'
need_port ${httpListener} '.*' 'haproxy' 'HAProxy, HTTP'
need_port ${apiForwardListener} '.*' 'socat|systemd|systemd-socket-.*' 'API forwarder'
need_port ${apiForwardBridge} '.*' 'socat' 'API forwarder, while it is replaced'
need_port ${statsListener} "$everywhere|127\\.0\\.0\\.1" 'haproxy' "HAProxy's statistics, on loopback"

# Whatever but the API server binds :443 keeps it from its port after a reboot. The layout made by hand can be taken over.
inspect
units=$(awk 'NF > 0 && $1 != "-" {print $1 " (" $2 ") on " $3}' <<<"$layout" | joined)
if [ -n "$besides" ]; then
  fault HAND_MADE_SERVES_MORE 'a layout made by hand whose units serve nothing else' "$units; besides it $(awk '{print $2 " of " $1 " on " $3}' <<<"$besides" | joined)" 'give what it serves besides a unit of its own: docs/moving-in.md says how, with the API and the applications answering'
elif [ -n "$units" ] && [ ${adopt} = false ]; then
  fault HAND_MADE_LAYOUT 'a node without the layout made by hand, or consent to take it over' "$units\${device:+; $prefix on $device}" "npx secondary-ingress adopt --stack \${owner##*/} --write && pulumi up: it answers throughout (docs/moving-in.md)"
fi
taken=$(joined <<<"$strangers")
[ -z "$taken" ] || fault API_PORT_TAKEN 'nothing but kube-apiserver on port 443' "$taken" 'see first whether the API is reached through it, for then it must not just be stopped: docs/moving-in.md; else move it to another port'
redirects=$(iptables-save -t nat 2>/dev/null | sed -nE 's/^-A ((PREROUTING|OUTPUT) .*--dport ${apiPort} .*-j REDIRECT .*)/iptables -t nat -D \\1/p' | awk '{printf "%s%s", (NR > 1 ? " && " : ""), $0}')
[ -z "$redirects" ] || warning LEFTOVER_REDIRECT 'no REDIRECT rule for port ${apiPort}, which sends the API away from a server that is on it' "$(awk -F'&&' '{print NF " of them"}' <<<"$redirects")" "$redirects"

${manifestFunctions}
flags=$(manifest)
secure_port=$(flag secure-port "$flags") advertised=$(flag advertise-address "$flags")
case $secure_port in
  '' | 443 | ${apiLocalPort}) ;;
  *) fault API_PORT_UNKNOWN "an API server on 443, or moved to ${apiLocalPort} (apiLocalPort)" "--secure-port=$secure_port in $manifest" "pulumi config set apiLocalPort $secure_port" ;;
esac
# Who forwards to it can be replaced only if the manifest says where it is.
if [ -z "$secure_port" ] && grep -q ' api ' <<<"$layout"; then
  fault API_PORT_UNKNOWN "the API server's port in $manifest, for something on this node forwards to it" 'no --secure-port with a value' "write --secure-port=<port> there, the one that ss -Hltnp shows for kube-apiserver"
fi
[ -e $manifest ] || warning NO_API_MANIFEST "the API server's static pod in $manifest" 'no such file' 'check that this is the control-plane node'
service_ranges=$(flag service-cluster-ip-range "$flags" 0-9a-fA-F.:/,)
case $service_ranges in
  '' | *.*) ;;
  *) fault SERVICES_UNREACHABLE 'a cluster with IPv4 services' "--service-cluster-ip-range=$service_ranges in $manifest" 'this layout is IPv4 only, and the NodePorts of an IPv6 cluster do not answer there: use a load balancer, or a cluster made without --ipv6' ;;
esac
[ -z "$advertised" ] || [ "$advertised" = "$primary" ] || warning API_ADVERTISES_ANOTHER "--advertise-address absent or $primary" "$advertised" 'remove the flag from the manifest'

cni=$(f=$(ls /etc/cni/net.d/*.conflist /etc/cni/net.d/*.conf 2>/dev/null | sort | head -n1); [ -z "$f" ] || grep -oE '"type"[[:space:]]*:[[:space:]]*"[^"]+"' "$f" | sed -E 's/.*"([^"]+)"$/\\1/')
takes_addresses=
grep -qx aws-cni <<<"$cni" && takes_addresses='the AmazonVPC CNI'
if grep -qx cilium-cni <<<"$cni"; then
  grep -qsE '"eni"' /etc/cni/net.d/*cilium*.conflist && takes_addresses="Cilium's ENI mode"
  # The operator, and an older agent, has the settings as a volume; for the agent of today an init container writes them to another.
  grep -qsx eni /var/lib/kubelet/pods/*/volumes/{kubernetes.io~configmap/cilium-config-path,kubernetes.io~empty-dir/tmp/cilium/config-map}/ipam && takes_addresses="Cilium's ENI mode"
fi
[ -z "$takes_addresses" ] || fault CNI_TAKES_ADDRESSES "a CNI that leaves the interface's secondary addresses alone" "$takes_addresses, which gives them to pods" 'this layout cannot work on this cluster: use another CNI mode or a load balancer'
pod_cidrs=$(grep -ohE -- '--cluster-cidr[= "]+[0-9./]+' /etc/kubernetes/manifests/*.manifest 2>/dev/null | grep -oE '[0-9./]+$' | sort -u)

network=none
if command -v netplan >/dev/null; then network=netplan
elif systemctl is-active -q systemd-networkd 2>/dev/null; then network=networkd
fi
lost=$(lost_settings $network | joined)
address_file=$([ $network = ${NetworkConfig.Netplan} ] && echo ${addressFile[NetworkConfig.Netplan]} || echo ${addressFile[NetworkConfig.Networkd]})
[ -z "$lost" ] || fault ADDRESS_FILE_TAKEN "no file of your own at $address_file, which the secondary address's replaces, or one with that address alone" "$lost" "mv -n $address_file \${address_file/secondary-ip/own}"
[ $network != none ] || fault NO_NETWORK_CONFIG 'netplan, or systemd-networkd running' 'neither' 'use a Debian or Ubuntu cloud image'
device=$(ip -4 -o addr show | awk -v a="$primary" '{split($4, p, "/"); if (p[1] == a) {print $2; exit}}')
others=$(ip -4 -o addr show dev "\${device:-lo}" scope global | awk -v a="$primary" '{split($4, p, "/"); if (p[1] != a) print p[1]}')
# The layout's own address moves to lo.
[ -z "$layout" ] || others=$(grep -vxF "$secondary" <<<"$others")
if [ -z "$device" ]; then
  addresses=$(ip -4 -o addr show scope global | awk '{print $4}' | joined)
  fault WRONG_NODE "the primary address $primary on this node" "\${addresses:-none}" 'is ssh.host the right node?'
elif [ $device != lo ] && [ -n "$others" ]; then
  warning ADDRESS_ON_INTERFACE "no address but $primary on $device" "$(joined <<<"$others")" 'an address there may come first after a reboot, and the API server advertises the first: take it out of the network configuration'
fi

# A port of an outgoing connection keeps a listener of ours from it, after a restart for one.
read -r low high < <(cat /proc/sys/net/ipv4/ip_local_port_range)
reserved=$(cat /proc/sys/net/ipv4/ip_local_reserved_ports)
in_use=$(for port in ${[httpListener, statsListener, httpsListener, apiForwardListener, apiForwardBridge].join(" ")}; do
  [ "$port" -lt "$low" ] || [ "$port" -gt "$high" ] || tr , '\n' <<<"$reserved" | awk -F- -v p="$port" '$1 != "" && p + 0 >= $1 + 0 && p + 0 <= ($2 == "" ? $1 : $2) + 0 {found = 1} END {exit !found}' || echo "$port"
done | paste -sd, -)
[ -z "$in_use" ] || warning PORTS_NOT_RESERVED 'ports that outgoing connections do not use' "$in_use in net.ipv4.ip_local_port_range, $low to $high" "echo 'net.ipv4.ip_local_reserved_ports = \${reserved:+$reserved,}$in_use' >/etc/sysctl.d/90-secondary-ingress.conf && sysctl --system"
# Each client's connection is translated, twice on its way to a NodePort; one that is not tracked is dropped.
tracked=$(cat /proc/sys/net/netfilter/nf_conntrack_count 2>/dev/null) most=$(cat /proc/sys/net/netfilter/nf_conntrack_max 2>/dev/null)
if [ -n "$most" ] && { [ "$most" -lt ${fewTracked} ] || [ "$tracked" -gt $((most * 9 / 10)) ]; }; then
  warning CONNTRACK_FULL 'at least ${fewTracked} connections that the kernel tracks (net.netfilter.nf_conntrack_max), and a tenth of them free' "$tracked of $most in use" "${trackMost(usuallyTracked)}"
fi
node_ports=$(flag service-node-port-range "$flags" 0-9-)
if [ -n "$node_ports" ]; then
  for port in ${httpsNodePort} ${httpNodePort}; do
    [ "$port" -ge "\${node_ports%-*}" ] && [ "$port" -le "\${node_ports#*-}" ] ||
      fault NODE_PORT_OUTSIDE "a NodePort that the cluster gives, $node_ports" "$port" "give the ingress controller's service one of both $node_ports and 30000-32767, and set httpsNodePort or httpNodePort to it"
  done
fi

if [ -n "$device" ] && [ "$device" != lo ]; then
  try_firewall "$device" "$(case $secure_port in '' | ${apiPort}) ;; *) echo moved ;; esac)"
  if [ $firewall = unknown ]; then
    warning FIREWALL_UNJUDGED 'a firewall that lets in ports ${httpsListener} and ${httpListener}, which 443 and 80 lead to' 'rules that cannot be tried' 'look for them, for input rules see the ports after the translation: nft list ruleset; iptables-save'
  elif [ -n "$blocked" ] && [ -n "$opened" ]; then
    warning FIREWALL_UNJUDGED "a firewall that lets in: $blocked" "rules that name $opened, and keep out a client from anywhere" "see that they let in all of your clients, or: $open_ports"
  elif [ -n "$blocked" ]; then
    fault FIREWALL_DROPS "a firewall that lets in: $blocked, which 443 and 80 lead to before the input rules see them" 'rules of the node that keep clients out there' "on the node, and in what loads its rules at boot: $open_ports"
  fi
  # An up connects once for each of its steps.
  [ "$ssh_limit" = 0 ] || fault SSH_LIMITED "a firewall that lets in ${sshConnections} SSH connections within seconds, as an up makes" "one that refuses the one after $ssh_limit" "on the node, and in what loads its rules at boot: $open_ssh"
fi

systemd=$(systemctl --version 2>/dev/null | awk 'NR == 1 {print $2}')
if [ ! -d /run/systemd/system ]; then fault NO_SYSTEMD 'systemd as init' "$(cat /proc/1/comm)" 'use a Debian or Ubuntu cloud image'
elif [ "$systemd" -lt ${oldestSystemd} ]; then fault SYSTEMD_TOO_OLD 'systemd ${oldestSystemd} or newer' "$systemd" 'use a current Debian or Ubuntu image'
fi
if command -v apt-get >/dev/null; then
  held=$(blocking_holds)
  [ -z "$held" ] || fault PACKAGES_HELD "no hold that keeps apt from installing $(missing_packages)" "$held" "apt-mark unhold $held, and hold them again after pulumi up"
else fault NO_APT 'a Debian or Ubuntu node (apt-get)' 'none' 'use a Debian or Ubuntu image'
fi
# Where files, programs, packages and what lasts until the next boot go, by the directory of each that is there.
packages=${neededMiB}
[ -n "$(missing_packages)" ] || packages=1
read_only= short=
for place in "/etc ${neededMiB}" "/usr/local/lib $packages" "/var/lib/dpkg $packages" "/var/cache/apt $packages" '/run 1'; do
  read -r directory needed <<<"$place"
  while [ ! -d "$directory" ]; do directory=\${directory%/*}; directory=\${directory:-/}; done
  [ -w "$directory" ] || read_only="$read_only$(df -P "$directory" | awk 'NR == 2 {print $6}')"$'\n'
  short="$short$(df -Pk "$directory" | awk -v needed="$needed" 'NR == 2 && $4 < needed * 1024 {print int($4 / 1024) " MiB of " needed " on " $6}')"$'\n'
  short="$short$(df -Pi "$directory" | awk 'NR == 2 && $2 > 0 && $4 < ${neededInodes} {print $4 " inodes of ${neededInodes} on " $6}')"$'\n'
done
read_only=$(sed '/^$/d' <<<"$read_only" | sort -u) short=$(sed '/^$/d' <<<"$short" | sort -u | joined)
[ -z "$read_only" ] || fault READ_ONLY 'file systems that root can write, for files in /etc, /usr/local, /var and /run' "$(joined <<<"$read_only")" "$(awk '{printf "%smount -o remount,rw %s", (NR > 1 ? " && " : ""), $0}' <<<"$read_only"), and see that it lasts, with findmnt --verify"
[ -z "$short" ] || fault DISK_FULL 'room for the files, the packages and what they come in' "$short" 'make room there, with apt-get clean and journalctl --vacuum-size=100M for a start'
free=$(df -Pm /etc | awk 'NR == 2 {print $4}')
now=$(date +%s) written=$(stat -c %Y $manifest 2>/dev/null || echo 0)
synchronized=$([ "$(timedatectl show -p NTPSynchronized --value 2>/dev/null)" = yes ] && echo true || echo false)
# A day's grace; certificates fail long before people see it.
[ "$now" -ge $((written - 86400)) ] || fault CLOCK_WRONG "a clock that is not behind the node's own files" "$(date -u +%FT%TZ)" 'set it: timedatectl set-ntp true'

if [ -n "$faults" ]; then
  printf '${notReady}\n%s%s' "$faults" "\${notes:+Warnings:
$notes}"
  exit 1
fi
printf %s "$notes" >&2
printf '{"schemaVersion":1,"facts":{"listeners":{"443":%s,"${apiLocalPort}":%s},"api":{"securePort":"%s","bindAddress":"%s","advertiseAddress":"%s"},' \\
  "$(listeners 443 | strings)" "$(listeners ${apiLocalPort} | strings)" "$secure_port" "$(flag bind-address "$flags")" "$advertised"
printf '"cni":%s,"podCidrs":%s,"network":"%s","otherAddresses":%s,"versions":{"systemd":"%s","haproxy":"%s","nft":"%s"},' \\
  "$(strings <<<"$cni")" "$(strings <<<"$pod_cidrs")" $network "$(strings <<<"$others")" "$systemd" \\
  "$(haproxy -v 2>/dev/null | grep -oE '[0-9]+(\\.[0-9]+)+' | head -n1)" "$(nft --version 2>/dev/null | grep -oE '[0-9]+(\\.[0-9]+)+' | head -n1)"
printf '"diskFreeMiB":%s,"clock":{"time":%s,"synchronized":%s},"owner":%s,"handMade":{"layout":%s,"besides":%s,"secondaryPrivateIp":"%s"}},"warnings":[%s]}\\n' \\
  "$free" "$now" $synchronized "$(string "$found")" "$(strings <<<"$layout")" "$(strings <<<"$besides")" "$secondary" "\${warnings#,}"
`;
}
