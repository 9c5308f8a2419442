/** The NAT table that leads the clients' ports of the secondary address to HAProxy, and the unit that loads it before the network is up. */
import type { HostSettings } from "../hostSettings";
import { apiFilterRules, natRules } from "../node/paths";
import { clientFin } from "./haproxy";
import { clientPorts, httpListener, httpsListener } from "../../settings/ports";
import { sandbox } from "./sandbox";

type Settings = Pick<HostSettings, "primaryPrivateIp" | "secondaryPrivateIp" | "httpsNodePort" | "httpNodePort">;

/**
 * Seconds without a packet for which the kernel tracks a connection that opens or closes. Its own are 120, 60, 120, 60, 30, 120 and 10. A FIN that nobody
 * answers is sent again after 0.2, 0.4, 0.8 s and so on, each time from the start of the timeout: with 5 s the connection is forgotten after 11 s, with
 * 30 s after 81 s. `close_wait`: a client that has closed its side and still reads; HAProxy's `client-fin` is the same.
 */
const tracked = { syn_sent: 10, syn_recv: 10, fin_wait: 5, close_wait: clientFin, last_ack: 5, time_wait: 5, close: 3 };

/**
 * Priority -110 is before kube-proxy's `dstnat` (-100); the name `dstnat - 10` is refused in the output hook.
 * The rules are unconditional: without them the API server would answer on 443 of the secondary address with its own certificate.
 *
 * Clients that connect as fast as they can would fill the kernel's connection table with closed connections, on both sides of HAProxy, and
 * keep the API's clients out: docs/guide.md, "Load on the applications".
 */
export function renderNat(settings: Settings): string {
  const { primaryPrivateIp, secondaryPrivateIp: address, httpsNodePort, httpNodePort } = settings;
  const rules = [
    [clientPorts.https, httpsListener],
    [clientPorts.http, httpListener],
  ]
    .map(([port, listener]) => `ip daddr ${address} tcp dport ${port} counter dnat to ${address}:${listener}`)
    .join("\n    ");
  return `#!/usr/sbin/nft -f
# Replaced in one transaction: "add" makes the "delete" safe where the table is absent.
add table ip secondary_ingress
delete table ip secondary_ingress
table ip secondary_ingress {
  ct timeout applications {
    protocol tcp
    l3proto ip
    policy = { ${Object.entries(tracked)
      .map(([state, seconds]) => `${state} : ${seconds}`)
      .join(", ")} }
  }
  chain clients {
    type filter hook prerouting priority -150; policy accept;
    ip daddr ${address} tcp dport { ${Object.values(clientPorts).join(", ")} } ct state new ct timeout set "applications"
  }
  chain node_ports {
    type filter hook output priority -150; policy accept;
    ip daddr ${primaryPrivateIp} tcp dport { ${httpsNodePort}, ${httpNodePort} } ct state new ct timeout set "applications"
  }
  chain prerouting {
    type nat hook prerouting priority -110; policy accept;
    ${rules}
  }
  chain output {
    type nat hook output priority -110; policy accept;
    ${rules}
  }
}
`;
}

export function renderNatUnit(): string {
  return `[Unit]
Description=Secondary ingress: ports 443 and 80 of the secondary address lead to HAProxy
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
After=local-fs.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f ${natRules}
# Only there with apiAllowedCidrs.
ExecStart=-/bin/sh -c '[ ! -e ${apiFilterRules} ] || exec /usr/sbin/nft -f ${apiFilterRules}'
ExecReload=/usr/sbin/nft -f ${natRules}
# No ExecStop=: at a shutdown the API server outlives this unit, and would answer on the secondary address.
CapabilityBoundingSet=CAP_NET_ADMIN
RestrictAddressFamilies=AF_NETLINK AF_UNIX
${sandbox}
[Install]
WantedBy=multi-user.target
`;
}

/** Shell function: whether the table leads the ports of `$secondary` to HAProxy. */
export const redirected = `# Connections from outside and the node's own, each port.
redirected() {
  local hook listener rules
  for hook in prerouting output; do
    rules=$(nft list chain ip secondary_ingress $hook) || return 1
    for listener in ${httpsListener} ${httpListener}; do grep -q "dnat to $secondary:$listener" <<<"$rules" || return 1; done
  done
}`;
