/** Where the applications' names lead. */
import type { Check, Facts } from "../check";
import { isUnknown } from "../unknown";
import { aws, list, ofNames, published, secondaryIngress, up } from "./define";

/** Who writes the names is told where; the stack does it by itself where it has their zone. */
const publish = (facts: Facts): string =>
  facts.writesNames
    ? up(facts)
    : `lead the names there by your own tooling (docs/dns.md), or with '${secondaryIngress(facts, "dns cutover")} --yes' and the zone: --zone-id, or --server and --zone`;

export const dnsChecks: readonly Check[] = [
  {
    code: "NAME_HAS_ANOTHER_OWNER",
    area: "DNS",
    severity: "warning",
    title: "in the stack's hosted zone nothing else answers for the names of the applications or writes them",
    after: [],
    modes: published,
    judge: (facts) => {
      const owners = facts.recordOwners;
      if (isUnknown(owners)) return owners;
      const [first] = owners;
      return first === undefined
        ? undefined
        : {
            observed: list(owners.map(({ name, found }) => `${name} ${found}`)),
            expected: "the stack's A records alone",
            // A zone that holds the names must be named; a controller must be told first. Both are sentences.
            fix:
              first.kind === "beside" || first.kind === "fixed"
                ? owners
                    .filter(({ kind }) => kind === first.kind)
                    .map(({ command }) => aws(facts, command))
                    .join(" && ")
                : `${first.fix}: ${aws(facts, first.command)}`,
          };
    },
  },
  ofNames(
    {
      code: "NAME_UNKNOWN",
      area: "DNS",
      severity: "warning",
      title: "every name of the applications has an address",
      after: ["NAME_HAS_ANOTHER_OWNER"],
    },
    ({ addresses }, facts) => {
      const { outputs } = facts;
      const unknown = outputs.dns.records.filter(({ name }) => (addresses[name] ?? []).length === 0);
      return unknown.length === 0
        ? undefined
        : {
            observed: `no address for ${list(unknown.map(({ name }) => name))}`,
            expected: list([...new Set(outputs.dns.records.flatMap(({ values }) => values))]),
            fix: publish(facts),
          };
    },
  ),
  ofNames(
    {
      code: "NAME_LEADS_ELSEWHERE",
      area: "DNS",
      severity: "warning",
      title: "every name of the applications leads to their address, and nowhere else",
      after: ["ELASTIC_IP_GONE", "NAME_HAS_ANOTHER_OWNER"],
    },
    ({ addresses }, facts) => {
      const { outputs } = facts;
      const wrong = outputs.dns.records.flatMap(({ name, values }) => {
        const found = addresses[name] ?? [];
        return found.length > 0 && found.join() !== values.join() ? [`${name} → ${list(found)}`] : [];
      });
      const withIpv6 = outputs.dns.records.flatMap(({ name }) =>
        (addresses[name] ?? []).some((address) => address.includes(":")) ? [name] : [],
      );
      return wrong.length === 0
        ? undefined
        : {
            observed: list(wrong),
            expected: list([...new Set(outputs.dns.records.flatMap(({ values }) => values))]),
            // The stack writes A records and leaves others alone.
            fix: withIpv6.length > 0 ? `delete the AAAA record of ${list(withIpv6)} where it was made` : publish(facts),
          };
    },
  ),
];
