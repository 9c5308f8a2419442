/** Filters who reaches the API on the primary address. It runs on the host because security groups apply to the interface, not to an address. */
import type { HostSettings } from "../hostSettings";
import { apiForwardBridge, apiForwardListener, apiPort } from "../../settings/ports";

/** kOps' default range of pods and services (kops pkg/apis/kops/cluster.go, NonMasqueradeCIDR). */
const podAndServiceRange = "100.64.0.0/10";

/** Always allowed besides the list: the node itself, its VPC, the pods. */
export function allowedToApi({
  apiAllowedCidrs,
  vpcCidrs,
  podCidrs,
}: Pick<HostSettings, "apiAllowedCidrs" | "vpcCidrs" | "podCidrs">): string[] {
  return [...new Set([...apiAllowedCidrs, ...vpcCidrs, podAndServiceRange, ...podCidrs])];
}

type Settings = Pick<HostSettings, "primaryPrivateIp" | "apiLocalPort" | "apiAllowedCidrs" | "vpcCidrs" | "podCidrs">;

/** The input hook sees the client's address and the port after DNAT: 443, the port of a moved API server, or the forwarder's. */
export function renderApiFilter(settings: Settings): string {
  const { primaryPrivateIp, apiLocalPort } = settings;
  return `#!/usr/sbin/nft -f
add table ip secondary_ingress_filter
delete table ip secondary_ingress_filter
table ip secondary_ingress_filter {
  set api_allowed {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { ${allowedToApi(settings).join(", ")} }
  }
  chain input {
    type filter hook input priority -10; policy accept;
    iif lo accept
    ct state established,related accept
    ip daddr ${primaryPrivateIp} tcp dport { ${apiPort}, ${apiLocalPort}, ${apiForwardListener}, ${apiForwardBridge} } ip saddr != @api_allowed counter drop
  }
}
`;
}
