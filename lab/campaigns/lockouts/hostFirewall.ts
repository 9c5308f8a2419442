/** Moving in on a layout made by hand, behind a firewall of the node that lets in its ports and not this program's. */
import { apiForwardListener } from "../../../settings/ports";
import { paths, secondary } from "../../handMade/layout";
import { makeLayout, renewApiServer } from "../../handMade/make";
import type { KeptLab } from "../../keptLab";
import type { Cause } from "./cause";
import { withoutReboot } from "./interruptions";

/** `iif` is loaded by the interface's index: a namespace without that interface cannot load the rules, so that nobody can try them there. */
const firewall = `ip link show docker0 >/dev/null 2>&1 || ip link add docker0 type veth peer name docker1
nft -f - <<'RULES'
table inet host_firewall
delete table inet host_firewall
table inet host_firewall {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iif { "lo", "docker0" } accept
    ip protocol icmp accept
    udp sport 67 accept
    tcp dport { 22, 80, 443 } accept
  }
}
RULES`;

/** `destroy` gives the layout back; before the first way there is none yet. */
async function layOut(kept: KeptLab): Promise<void> {
  const { status, stdout } = await kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod");
  if (status !== 0) throw new Error(`pulumi destroy of prod: ${stdout}`);
  if ((await kept.node(`ls ${paths.netplan} 2>/dev/null || true`)) === "") await makeLayout(kept, "no-elastic-ip");
  await kept.node(firewall);
  await renewApiServer();
}

export const hostFirewall: Cause = {
  name: "moving in behind the node's own firewall",
  settings: (set) => {
    set(["adopt"], true);
    set(["secondaryPrivateIp"], secondary.address);
  },
  command: "up",
  interruptions: withoutReboot,
  prepare: layOut,
  acts: `nft list table ip secondary_ingress_api 2>/dev/null | grep -q ${apiForwardListener}`,
  mend: async (kept) => {
    await kept.node("nft delete table inet host_firewall");
  },
  leavesLayout: true,
};
