/** The rules that lead 443 and 80 on the secondary address to HAProxy. */
import { natRules } from "../../../hostfiles/node/paths";
import type { StackOutputs } from "../../../outputs/stackOutputs";
import { clientPorts, httpListener, httpsListener } from "../../../settings/ports";
import type { Check } from "../check";
import { units } from "../collect/node";
import { ofNode, onNode, runs } from "./define";

const after = ["NODE_NOT_OURS"];
const leads = ({ secondaryPrivateIp: address }: StackOutputs, port: number, listener: number): string =>
  `${address}:${port} → ${address}:${listener}`;

export const natChecks: readonly Check[] = [
  ofNode(
    {
      code: "NAT_RULES_MISSING",
      area: "NAT",
      severity: "error",
      title: "443 and 80 on the secondary address are led to HAProxy",
      after,
    },
    (node, { outputs }) =>
      node.natRules
        ? undefined
        : {
            observed: "the table ip secondary_ingress is missing or another",
            expected: `${leads(outputs, clientPorts.https, httpsListener)}, ${leads(outputs, clientPorts.http, httpListener)}; without it clients get the API`,
            fix: onNode(`nft -f ${natRules}`),
          },
  ),
  ofNode(
    {
      code: "NAT_NOT_AT_BOOT",
      area: "NAT",
      severity: "warning",
      title: "the rules come back at boot",
      after,
    },
    ({ nat }) =>
      nat.enabled
        ? undefined
        : {
            observed: `${units.nat} is not enabled`,
            expected: "enabled",
            fix: onNode(`systemctl enable ${units.nat}`),
          },
  ),
  ofNode(
    { code: "GUARD_STOPPED", area: "NAT", severity: "error", title: "the guard watches the rules", after },
    ({ guard }) => runs(guard, units.guard, "a lost table or address is back within a minute, not a second"),
  ),
];
