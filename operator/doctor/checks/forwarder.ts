/** What gives a moved API server its 443 back. */
import { apiFilterRules, apiForwardRules, apiSwitchProgram } from "../../../hostfiles/node/paths";
import { apiForwardListener } from "../../../settings/ports";
import type { Check } from "../check";
import { units } from "../collect/node";
import { ofNode, onNode, runs } from "./define";

const after = ["NODE_NOT_OURS"];

export const forwarderChecks: readonly Check[] = [
  ofNode(
    {
      code: "MANIFEST_UNWATCHED",
      area: "forwarder",
      severity: "error",
      title: "the API server's manifest is watched",
      after,
    },
    ({ watch }) =>
      runs(
        watch,
        units.watch,
        "nothing but the check notices when the API server moves",
        `systemctl reset-failed ${units.watch} ${units.switch}; `,
      ),
  ),
  ofNode(
    {
      code: "SWITCH_NOT_AT_BOOT",
      area: "forwarder",
      severity: "warning",
      title: "the API server's port is looked at again at boot",
      after,
    },
    (node) =>
      node.switch.enabled
        ? undefined
        : {
            observed: `${units.switch} is not enabled`,
            expected: "enabled",
            fix: onNode(`systemctl enable -q ${units.switch}`),
          },
  ),
  ofNode(
    {
      code: "FORWARDER_RULES_MISSING",
      area: "forwarder",
      severity: "error",
      title: "443 on the primary address is led to the forwarder, where the API server has moved",
      after,
    },
    ({ forwarding, apiTable }) =>
      !forwarding || apiTable
        ? undefined
        : {
            observed: "the table ip secondary_ingress_api is missing or another",
            expected: `443 → ${apiForwardListener}`,
            fix: onNode(`nft -f ${apiForwardRules}`),
          },
  ),
  ofNode(
    {
      code: "FORWARDER_STOPPED",
      area: "forwarder",
      severity: "error",
      title: "the forwarder listens, where the API server has moved",
      after,
    },
    ({ forwarding, forwarderListener }) =>
      !forwarding || forwarderListener.length > 0
        ? undefined
        : {
            observed: `nobody listens on port ${apiForwardListener}`,
            expected: `${units.forwarder} or its socket`,
            fix: onNode(`systemctl restart ${units.switch}`),
          },
  ),
  ofNode(
    {
      code: "FORWARDER_WRONG",
      area: "forwarder",
      severity: "error",
      title: "443 of the API is forwarded exactly where its manifest says that it moved",
      after: [...after, "MANIFEST_UNWATCHED", "FORWARDER_RULES_MISSING", "FORWARDER_STOPPED"],
    },
    ({ apiSwitchAgrees }) =>
      apiSwitchAgrees
        ? undefined
        : {
            observed: "rules and forwarder are not what the API server's manifest asks for",
            expected: `'${apiSwitchProgram} agrees'`,
            fix: onNode(`systemctl restart ${units.switch}`),
          },
  ),
  ofNode(
    {
      code: "API_FILTER_MISSING",
      area: "forwarder",
      severity: "error",
      title: "the list of who reaches the API is in force",
      after,
    },
    ({ apiFilter, apiFilterTable }) =>
      !apiFilter || apiFilterTable
        ? undefined
        : {
            observed: "the table ip secondary_ingress_filter is missing or empty: everybody reaches the API",
            expected: "apiAllowedCidrs in force",
            fix: onNode(`nft -f ${apiFilterRules}`),
          },
  ),
];
