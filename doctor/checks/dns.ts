/** Where the applications' names lead. */
import type { Check } from "../check";
import { list, ofNames } from "./define";

export const dnsChecks: readonly Check[] = [
  ofNames(
    { code: "NAME_UNKNOWN", area: "DNS", severity: "warning", title: "every name of the applications has an address" },
    ({ addresses }, { outputs, stack }) => {
      const unknown = outputs.dns.records.filter(({ name }) => (addresses[name] ?? []).length === 0);
      return unknown.length === 0
        ? undefined
        : {
            observed: `no address for ${list(unknown.map(({ name }) => name))}`,
            expected: outputs.ingressPublicIp,
            fix: `npx secondary-ingress dns cutover --stack ${stack || "<stack>"} --help`,
          };
    },
  ),
  ofNames(
    {
      code: "NAME_LEADS_ELSEWHERE",
      area: "DNS",
      severity: "warning",
      title: "every name of the applications leads to their address, and nowhere else",
      after: ["ELASTIC_IP_GONE"],
    },
    ({ addresses }, { outputs, stack }) => {
      const wrong = outputs.dns.records.flatMap(({ name, values }) => {
        const found = addresses[name] ?? [];
        return found.length > 0 && found.join() !== values.join() ? [`${name} → ${list(found)}`] : [];
      });
      return wrong.length === 0
        ? undefined
        : {
            observed: list(wrong),
            expected: outputs.ingressPublicIp,
            fix: `npx secondary-ingress dns cutover --stack ${stack || "<stack>"} --help`,
          };
    },
  ),
];
