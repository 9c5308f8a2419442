/** What is looked at before the first byte is written: read-only, and ends the run where something stands in the way. */
import type { HostSettings } from "./hostStep";
import { ownerFile } from "./paths";
import { apiForwardListener, httpsListener, statsListener } from "./ports";
import { quote } from "./shell";

/**
 * A script for bash as root. It prints its facts as one JSON object, or says on stderr what was expected, what was found and
 * what to do, and ends with status 1.
 */
export function renderPreflight({
  owner,
  apiLocalPort,
  primaryPrivateIp,
}: Pick<HostSettings, "owner" | "apiLocalPort" | "primaryPrivateIp">): string {
  return `# Reads; changes nothing.
set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
owner=${quote(owner)}
faults=0
fault() { echo "preflight: $*" >&2; faults=1; }

found=$(cat ${ownerFile} 2>/dev/null)
if [ -n "$found" ] && [ "$found" != "$owner" ]; then
  fault "this node belongs to the stack '$found', not to '$owner': destroy that stack first, or give this one another node"
fi

# A port of ours: free, or already held by our own service.
# Processes are named by ss as users:(("name",pid=1,fd=2)); a socket unit's listener belongs to systemd.
port_is_ours() { # port, addresses that collide (extended regular expression), names of our processes
  ss -Hltnp "sport = :$1" | while read -r _ _ _ address process; do
    name=\${process#*'(("'}; name=\${name%%'"'*}
    [[ \${address%:*} =~ ^($2)$ ]] || continue
    [ "$found" = "$owner" ] && [[ $name =~ ^($3)$ ]] && continue
    echo "$name on $address"
  done
}
need_port() {
  local taken; taken=$(port_is_ours "$@" | sort -u | paste -sd, -)
  [ -z "$taken" ] || fault "port $1 must be free for the secondary ingress ($4), but it is used by $taken: stop it or move it to another port"
}
everywhere='0\\.0\\.0\\.0|\\*|\\[::\\]'
need_port ${httpsListener} '.*' 'haproxy' 'HAProxy, HTTPS'
need_port ${apiForwardListener} '.*' 'socat|systemd|systemd-socket-proxyd' 'API forwarder'
need_port 80 "$everywhere" 'haproxy' 'HAProxy, HTTP on the secondary address'
need_port ${statsListener} "$everywhere|127\\.0\\.0\\.1" 'haproxy' "HAProxy's statistics, on loopback"

command -v systemctl >/dev/null && [ -d /run/systemd/system ] || fault 'expected systemd as init, found another'
command -v apt-get >/dev/null || fault 'expected a Debian or Ubuntu node (apt-get), found none'
command -v netplan >/dev/null || fault 'expected netplan on the node, found none'
ip -4 -o addr show | grep -qF ' ${primaryPrivateIp}/' || fault "expected the primary address ${primaryPrivateIp} on this node, found $(ip -4 -o addr show scope global | awk '{print $4}' | paste -sd, -): is ssh.host the right node?"
[ $faults = 0 ] || exit 1

api=$(ss -Hltnp 'sport = :443 or sport = :${apiLocalPort}' | awk '{print $4}' | sort -u | paste -sd, -)
printf '{"owner":"%s","systemd":"%s","apiListeners":"%s"}\\n' "$found" "$(systemctl --version | awk 'NR==1{print $2}')" "$api"
`;
}
