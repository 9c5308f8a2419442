/**
 * Whether the node's own firewall lets in what the layout leads to high ports. An input hook sees a packet after the translation, so that a rule
 * for port 443 does not let it in. Other people's rules are not interpreted: they are tried, with ours, in network namespaces of their own.
 */
import { renderApiForwardRules } from "../files/apiSwitch";
import { renderNat } from "../files/nat";
import type { HostSettings } from "../hostSettings";
import { apiForwardListener, apiPort, clientPorts, httpListener, httpsListener } from "../../settings/ports";

/** An address of the trial's client. Firewalls drop those of documentation and private ranges as spoofed; nothing leaves the namespaces. */
const client = "8.8.4.4";
/** Stands for a secondary address that AWS has not chosen yet. */
const anyAddress = "192.0.2.45";

/** How many SSH connections an `up` makes at most: the host key, the preflight, one for each step, a trial of the confirmation, and that. */
export const sshConnections = 27;

/** Without the first line, which makes a file of rules a program. */
const rulesOf = (file: string): string => file.replace(/^#!.*\n/, "");

/**
 * Shell functions; `$primary` and `$secondary` are the node's addresses. `try_firewall` sets `firewall` to `none`, `tried`, or `unknown` for rules
 * that cannot be tried; `blocked` to the ports that the rules keep clients from; `open_ports` to the command that opens them; `ssh_limit` to how many
 * SSH connections are let in before one is not, 0 for no limit; `open_ssh` to the command that lifts it for who is at the other end of `$connection`,
 * an SSH_CONNECTION.
 */
export function firewallFunctions(
  settings: Pick<HostSettings, "primaryPrivateIp" | "httpsNodePort" | "httpNodePort">,
): string {
  const placeholder = "0.0.0.0";
  return `# Other people's tables. One with an owner would end with the nft that loads it.
nft_rules() { nft list ruleset 2>/dev/null | awk '/^table [a-z0-9]+ secondary_ingress/ {skip = 1} !skip {print} /^}/ {skip = 0}' | sed -E '/^[[:space:]]*flags .*owner/d'; }
without_iptables() { awk '/^table ip6? (filter|nat|mangle|raw|security) / {skip = 1} !skip {print} /^}/ {skip = 0}'; }
nat_rules=$(cat <<'RULES'
${rulesOf(renderNat({ ...settings, secondaryPrivateIp: placeholder }))}RULES
)
forward_rules=$(cat <<'RULES'
${rulesOf(renderApiForwardRules(settings))}RULES
)

# In a network namespace with the node's addresses: prints "<trial> yes" or "<trial> no" for whether a client's connection gets in.
trial() {
  local address=\${secondary:-${anyAddress}}
  ip link set lo up && ip addr add "$address/32" dev lo || return 1
  coproc client { exec unshare -n bash -c 'echo ready; read -r _'; }
  local client_pid=$client_PID _
  read -r -t 5 _ <&"\${client[0]}" || return 1
  ip link add "$1" type veth peer name client0 && ip link set client0 netns "$client_pid" &&
    ip addr add "$primary/32" dev "$1" && ip link set "$1" up && ip route add default dev "$1" || return 1
  nsenter -t "$client_pid" -n sh -c 'ip link set client0 up && ip addr add ${client}/32 dev client0 && ip route add default dev client0' || return 1
  # What has come to TCP has passed all rules; a RST or an ICMP message of theirs has not.
  received() { awk '$1 == "Tcp:" {line++; if (line == 2) print $11}' /proc/net/snmp; }
  ask() { # trial, address, port
    local before patience; before=$(received)
    # Twice, for a node that is busy; not for a whole second, after which TCP sends its SYN again.
    for patience in 0.5 0.9; do
      nsenter -t "$client_pid" -n timeout $patience bash -c "exec 3<>/dev/tcp/$2/$3" 2>/dev/null
      [ "$(received)" = "$before" ] || { echo "$1 yes"; return; }
    done
    echo "$1 no"
  }
  ask works "$primary" ${apiPort}
  if [ -n "$nft_rules" ] && ! nft -f - <<<"$nft_rules" 2>/dev/null; then
    nft -f - <<<"$(without_iptables <<<"$nft_rules")" && iptables-nft-restore <<<"$iptables_rules" || return 1
  elif [ -z "$nft_rules" ] && [ -n "$iptables_rules" ]; then iptables-restore <<<"$iptables_rules" || return 1
  fi
  [ -z "$legacy_rules" ] || iptables-legacy-restore <<<"$legacy_rules" || return 1
  ask before "$primary" ${apiPort}
  if command -v nft >/dev/null; then
    nft -f - <<<"\${nat_rules//${placeholder}/$address}" || return 1
    ask ${httpsListener} "$address" ${clientPorts.https}
    ask ${httpListener} "$address" ${clientPorts.http}
    nft -f - <<<"$forward_rules" && ask ${apiForwardListener} "$primary" ${apiPort}
  else
    ask ${httpsListener} "$address" ${httpsListener}
    ask ${httpListener} "$address" ${httpListener}
    ask ${apiForwardListener} "$primary" ${apiForwardListener}
  fi
  echo done
  # After that: if time runs out here, the ports are judged. As often as an up connects; the first that is let in shows that the rules let in at all.
  local connections=0
  while [ -n "$ssh_port" ] && [ $connections -lt ${sshConnections} ] && [ "$(ask ssh "$primary" "$ssh_port")" = 'ssh yes' ]; do
    connections=$((connections + 1))
    sleep 0.2
  done
  [ $connections = ${sshConnections} ] || echo "ssh $connections"
}
try_firewall() { # the primary interface, "moved" where the API is forwarded
  local nft_rules iptables_rules legacy_rules seen port list chain
  nft_rules=$(nft_rules) iptables_rules=$(iptables-save 2>/dev/null | grep -v '^#') legacy_rules=$(iptables-legacy-save 2>/dev/null | grep -v '^#')
  firewall=none blocked= open_ports= opened= ssh_limit=0 open_ssh=
  grep -qE 'hook (input|prerouting|ingress)' <<<"$nft_rules" || grep -qE '^:INPUT|^-A ' <<<"$iptables_rules$legacy_rules" || return 0
  firewall=unknown
  # Only rules that count need the many connections of a trial.
  local ssh_port= client_ip=
  ! grep -qE 'limit|recent|quota|ct count|meter ' <<<"$nft_rules$iptables_rules$legacy_rules" || read -r client_ip _ _ ssh_port <<<"\${connection-}"
  case $client_ip in *:*) ssh_port= ;; esac
  # By standard input: an environment holds no long rules.
  seen=$({
    declare -p primary secondary ssh_port nft_rules iptables_rules legacy_rules nat_rules forward_rules
    declare -f trial without_iptables
    echo 'trial "$1" </dev/null'
  } | timeout 60 unshare -n bash -s "$1" 2>/dev/null)
  if grep -qx done <<<"$seen" && grep -qx 'works yes' <<<"$seen"; then
    firewall=tried
    for port in ${httpsListener} ${httpListener}; do ! grep -qx "$port no" <<<"$seen" || blocked="$blocked $port"; done
    # An API that nobody reaches from there is not taken away.
    if [ "$2" = moved ] && grep -qx '${apiForwardListener} no' <<<"$seen" && grep -qx 'before yes' <<<"$seen"; then blocked="$blocked ${apiForwardListener}"; fi
  elif ! grep -qE 'hook input.*policy drop|\\b(drop|reject)\\b' <<<"$nft_rules" && ! grep -qE '^:INPUT DROP|-j (DROP|REJECT)' <<<"$iptables_rules$legacy_rules"; then
    firewall=none
  fi
  blocked=\${blocked# }
  ssh_limit=$(awk '$1 == "ssh" {print $2}' <<<"$seen")
  ssh_limit=\${ssh_limit:-0}
  [ -n "$blocked" ] || [ "$ssh_limit" != 0 ] || return 0
  # Rules that name a port may let in some clients and not others.
  opened=$(for port in $blocked; do grep -ohwE "$port" <<<"$nft_rules$iptables_rules$legacy_rules"; done | sort -u | xargs)
  list=\${blocked// /,}
  chain=$(awk '$1 == "table" {table = $2 " " $3} $1 == "chain" {chain = $2} /type filter hook input/ {print /policy drop/ ? 0 : 1, table, chain}' <<<"$nft_rules" | sort -s -n | awk 'NR == 1 {print $2, $3, $4}')
  if ufw status 2>/dev/null </dev/null | grep -q '^Status: active'; then
    open_ports="ufw allow $list/tcp" open_ssh="ufw insert 1 allow from $client_ip to any port $ssh_port proto tcp"
  elif firewall-cmd --state </dev/null >/dev/null 2>&1; then
    open_ports="firewall-cmd --permanent$(printf ' --add-port=%s/tcp' $blocked) && firewall-cmd --reload"
    open_ssh="firewall-cmd --permanent --add-rich-rule='rule priority=-1 family=ipv4 source address=$client_ip port port=$ssh_port protocol=tcp accept' && firewall-cmd --reload"
  elif grep -qE '^:INPUT DROP|^-A INPUT .*-j (DROP|REJECT)' <<<"$legacy_rules"; then
    open_ports="iptables-legacy -I INPUT -p tcp -m multiport --dports $list -j ACCEPT" open_ssh="iptables-legacy -I INPUT -s $client_ip -p tcp --dport $ssh_port -j ACCEPT"
  elif grep -qE '^:INPUT DROP|^-A INPUT .*-j (DROP|REJECT)' <<<"$iptables_rules"; then
    open_ports="iptables -I INPUT -p tcp -m multiport --dports $list -j ACCEPT" open_ssh="iptables -I INPUT -s $client_ip -p tcp --dport $ssh_port -j ACCEPT"
  elif [ -n "$chain" ]; then
    open_ports="nft insert rule $chain tcp dport '{ $list }' accept" open_ssh="nft insert rule $chain ip saddr $client_ip tcp dport $ssh_port accept"
  else open_ports='let them in where they are dropped: nft list ruleset' open_ssh=$open_ports
  fi
}`;
}
