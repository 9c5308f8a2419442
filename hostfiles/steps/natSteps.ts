/** The steps that lead the secondary address's ports to HAProxy. Connections that are open meanwhile stay where they are. */
import { renderNat, renderNatUnit } from "../files/nat";
import { natRules } from "../node/paths";
import { httpListener, httpsListener } from "../../settings/ports";
import { daemonReload, file, isActive, rulesCheck, unitStep } from "./fileStep";
import type { HostStep } from "./hostStep";

/**
 * The kernel tracks connections for as long as a rule asks for their state or translates them. kube-proxy has such rules; other nodes may have
 * none but ours. A connection that is not tracked from its start is translated in the middle, and one that no longer is loses its translation:
 * both are reset.
 */
const track = `nft -f - <<'RULES'
table ip secondary_ingress_tracking {
  chain prerouting {
    type filter hook prerouting priority -150; policy accept;
    ct state invalid accept
  }
}
RULES`;
const untrack = "nft delete table ip secondary_ingress_tracking";

/** Tracks connections for two seconds before a command has them translated. */
const tracked = (command: string): string => `${track}
sleep 2
${command}; status=$?
${untrack}
(exit $status)`;

/** New connections go by the address's own listeners, which may be a layout made by hand; open ones stay translated, and get time to end. */
const drain = `if nft list table ip secondary_ingress >/dev/null 2>&1; then
${track}
nft flush table ip secondary_ingress
for i in $(seq 50); do
  sleep 0.1
  [ "$i" -lt 5 ] || [ -n "$(ss -Htn state connected exclude time-wait '( sport = :${httpsListener} or sport = :${httpListener} )')" ] || break
done
nft delete table ip secondary_ingress
${untrack}
fi`;

/** @param adopt somebody serves the address's ports when the table is loaded */
export const natSteps = (adopt: boolean): readonly HostStep[] => {
  const start = "systemctl enable -q --now secondary-ingress-nat.service";
  return [
    file({
      name: "nat-rules",
      path: natRules,
      needs: ["primaryPrivateIp", "secondaryPrivateIp", "httpsNodePort", "httpNodePort"],
      render: renderNat,
      check: rulesCheck,
      activate: `if [ "$CHANGED" = yes ] && ${isActive("secondary-ingress-nat.service")}; then systemctl reload secondary-ingress-nat.service; fi`,
    }),
    unitStep("nat-unit", "secondary-ingress-nat.service", renderNatUnit, {
      activate: `${daemonReload}; ${adopt ? `if nft list table ip secondary_ingress >/dev/null 2>&1; then ${start}; else\n${tracked(start)}\nfi` : start}`,
      verify: "nft list table ip secondary_ingress",
      deactivate: `systemctl disable -q --now secondary-ingress-nat.service; ${drain}; true`,
    }),
  ];
};
