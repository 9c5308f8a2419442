/** Converts record sets between Pulumi's properties and the API. */
import { isDeepStrictEqual } from "node:util";
import type { AliasTarget, ResourceRecordSet, ResourceRecordSetFailover, RRType } from "@aws-sdk/client-route-53";
import { optionalText, type Properties, text } from "../resource";

/** Lower case, without trailing dot, and with the octal escape of the asterisk decoded. */
export const normal = (name: string): string => name.toLowerCase().replace(/\.$/, "").replace("\\052", "*");

/** The block of a list with at most one. */
function block(properties: Properties, name: string): Properties | undefined {
  return ((properties[name] ?? []) as Properties[])[0];
}

function aliasTarget(alias: Properties): AliasTarget {
  return {
    HostedZoneId: text(alias, "zoneId"),
    DNSName: text(alias, "name"),
    EvaluateTargetHealth: alias["evaluateTargetHealth"] === true,
  };
}

/** Route 53 stores these values in quotation marks; the program omits them. */
const isText = (type: unknown): boolean => type === "TXT" || type === "SPF";
const quoted = (value: string): string => `"${value}"`;
const unquoted = (value: string): string => /^"(.*)"$/s.exec(value)?.[1] ?? value;

export function recordSet(name: string, properties: Properties): ResourceRecordSet {
  const values = (properties["records"] ?? []) as string[];
  const alias = block(properties, "aliases");
  const weighted = block(properties, "weightedRoutingPolicies");
  const failover = block(properties, "failoverRoutingPolicies");
  return {
    Name: name,
    Type: text(properties, "type") as RRType,
    SetIdentifier: optionalText(properties, "setIdentifier"),
    ...(weighted && { Weight: Number(weighted["weight"]) }),
    ...(failover && { Failover: text(failover, "type") as ResourceRecordSetFailover }),
    ...(values.length > 0 && {
      TTL: properties["ttl"] === undefined ? undefined : Number(properties["ttl"]),
      ResourceRecords: values.map((value) => ({ Value: isText(properties["type"]) ? quoted(value) : value })),
    }),
    ...(alias && { AliasTarget: aliasTarget(alias) }),
    HealthCheckId: optionalText(properties, "healthCheckId"),
  };
}

/** Keeps the program's spelling of a listed value if both are equivalent. */
function inWordsOf(before: unknown, listed: unknown, comparable: (value: unknown) => unknown): unknown {
  return isDeepStrictEqual(comparable(before), comparable(listed)) ? before : listed;
}

/** The order of values does not matter. */
const sorted = (values: unknown): unknown => (values as string[] | undefined)?.toSorted();

/** Nor do case and trailing dot of an alias's name. */
const normalAliases = (aliases: unknown): unknown =>
  (aliases as Properties[] | undefined)?.map((alias) => ({ ...alias, name: normal(text(alias, "name")) }));

function aliases(listed: ResourceRecordSet): Properties[] | undefined {
  const { DNSName = "", HostedZoneId, EvaluateTargetHealth } = listed.AliasTarget ?? {};
  return (
    listed.AliasTarget && [{ name: normal(DNSName), zoneId: HostedZoneId, evaluateTargetHealth: EvaluateTargetHealth }]
  );
}

/** Converts a listed record set to the properties that name and identifier do not determine. */
export function recordProperties(listed: ResourceRecordSet, outputs: Properties): Properties {
  const values = listed.ResourceRecords?.map(({ Value = "" }) => (isText(listed.Type) ? unquoted(Value) : Value));
  return {
    ttl: listed.TTL,
    records: inWordsOf(outputs["records"], values, sorted),
    aliases: inWordsOf(outputs["aliases"], aliases(listed), normalAliases),
    weightedRoutingPolicies: listed.Weight === undefined ? undefined : [{ weight: listed.Weight }],
    failoverRoutingPolicies: listed.Failover && [{ type: listed.Failover }],
    healthCheckId: listed.HealthCheckId,
  };
}

const given = (inputs: Properties, name: string): boolean => inputs[name] !== undefined;

/** The official plugin's schema checks: required and conflicting inputs. */
export function recordFaults(inputs: Properties): { property: string; reason: string }[] {
  const faults: { property: string; reason: string }[] = [];
  if (given(inputs, "aliases") === given(inputs, "records"))
    faults.push({ property: "records", reason: "expected exactly one of `aliases` and `records`" });
  if (given(inputs, "aliases") && given(inputs, "ttl"))
    faults.push({ property: "ttl", reason: "expected no `ttl` with `aliases`" });
  const policies = ["weightedRoutingPolicies", "failoverRoutingPolicies"].filter((name) => given(inputs, name));
  if (policies.length > 1) faults.push({ property: "failoverRoutingPolicies", reason: "expected one routing policy" });
  for (const property of policies)
    if (!given(inputs, "setIdentifier")) faults.push({ property, reason: "expected a `setIdentifier` with it" });
  return faults;
}
