/** The NAT table that leads the secondary address's port 443 to HAProxy, and the unit that loads it before the network is up. */
import type { HostSettings } from "../hostSettings";
import { apiFilterRules, natRules } from "../node/paths";
import { clientPorts, httpsListener } from "../../settings/ports";
import { sandbox } from "./sandbox";

/**
 * Priority -110 is before kube-proxy's `dstnat` (-100); the name `dstnat - 10` is refused in the output hook.
 * The rules are unconditional: without them the API server would answer on the secondary address with its own certificate.
 */
export function renderNat({ secondaryPrivateIp: address }: Pick<HostSettings, "secondaryPrivateIp">): string {
  const rule = `ip daddr ${address} tcp dport ${clientPorts.https} counter dnat to ${address}:${httpsListener}`;
  return `#!/usr/sbin/nft -f
# Replaced in one transaction: "add" makes the "delete" safe where the table is absent.
add table ip secondary_ingress
delete table ip secondary_ingress
table ip secondary_ingress {
  chain prerouting {
    type nat hook prerouting priority -110; policy accept;
    ${rule}
  }
  chain output {
    type nat hook output priority -110; policy accept;
    ${rule}
  }
}
`;
}

export function renderNatUnit(): string {
  return `[Unit]
Description=Secondary ingress: port 443 of the secondary address leads to HAProxy
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
