/** The steps that lead the secondary address's ports to HAProxy. Connections that are open meanwhile stay where they are. */
import { renderNat, renderNatUnit } from "../files/nat";
import { natRules } from "../node/paths";
import { httpListener, httpsListener } from "../../settings/ports";
import { daemonReload, file, isActive, rulesCheck, unitStep } from "./fileStep";
import type { HostStep } from "./hostStep";

/**
 * Connections that the kernel does not track yet would be translated in the middle, and reset. A rule that asks for their state has it track them,
 * two seconds before there is a translation. kube-proxy has such rules; other nodes may have none.
 */
const tracked = (command: string): string => `nft -f - <<'RULES'
table ip secondary_ingress_tracking {
  chain prerouting {
    type filter hook prerouting priority -150; policy accept;
    ct state invalid accept
  }
}
RULES
sleep 2
${command}; status=$?
nft delete table ip secondary_ingress_tracking
(exit $status)`;

/** New connections go by the address's own listeners, which may be a layout made by hand; open ones get time to end. */
const drain = `nft flush table ip secondary_ingress 2>/dev/null && for i in $(seq 50); do
  sleep 0.1
  [ "$i" -lt 5 ] || [ -n "$(ss -Htn state connected exclude time-wait '( sport = :${httpsListener} or sport = :${httpListener} )')" ] || break
done`;

/** @param adopt somebody serves the address's ports when the table is loaded */
export const natSteps = (adopt: boolean): readonly HostStep[] => {
  const start = "systemctl enable -q --now secondary-ingress-nat.service";
  return [
    file({
      name: "nat-rules",
      path: natRules,
      // The primary address, so that no rule is ever made for it.
      needs: ["primaryPrivateIp", "secondaryPrivateIp"],
      render: renderNat,
      check: rulesCheck,
      activate: `if [ "$CHANGED" = yes ] && ${isActive("secondary-ingress-nat.service")}; then systemctl reload secondary-ingress-nat.service; fi`,
    }),
    unitStep("nat-unit", "secondary-ingress-nat.service", renderNatUnit, {
      activate: `${daemonReload}; ${adopt ? `if nft list table ip secondary_ingress >/dev/null 2>&1; then ${start}; else\n${tracked(start)}\nfi` : start}`,
      verify: "nft list table ip secondary_ingress",
      deactivate: `systemctl disable -q --now secondary-ingress-nat.service; ${drain}; nft delete table ip secondary_ingress 2>/dev/null; true`,
    }),
  ];
};
