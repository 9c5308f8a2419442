/** A record set between Pulumi's properties and the API's members. */
import { isDeepStrictEqual } from "node:util";
import type { AliasTarget, ResourceRecordSet, ResourceRecordSetFailover, RRType } from "@aws-sdk/client-route-53";
import { optionalText, type Properties, text } from "../resource";

/** Lower case, no dot at the end, and the asterisk as itself: Route 53 lists it as an octal escape. */
export const normal = (name: string): string => name.toLowerCase().replace(/\.$/, "").replace("\\052", "*");

/** The only block of a list of blocks that holds one at most. */
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

/** Texts are written without the quotation marks that Route 53 keeps around them. */
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

/** What is listed, in the program's words where they say the same. */
function inWordsOf(before: unknown, listed: unknown, comparable: (value: unknown) => unknown): unknown {
  return isDeepStrictEqual(comparable(before), comparable(listed)) ? before : listed;
}

/** Values are a set: another order is no difference. */
const sorted = (values: unknown): unknown => (values as string[] | undefined)?.toSorted();

/** Nor is the case of an alias's name, or the dot at its end. */
const normalAliases = (aliases: unknown): unknown =>
  (aliases as Properties[] | undefined)?.map((alias) => ({ ...alias, name: normal(text(alias, "name")) }));

function aliases(listed: ResourceRecordSet): Properties[] | undefined {
  const { DNSName = "", HostedZoneId, EvaluateTargetHealth } = listed.AliasTarget ?? {};
  return (
    listed.AliasTarget && [{ name: normal(DNSName), zoneId: HostedZoneId, evaluateTargetHealth: EvaluateTargetHealth }]
  );
}

/** What is listed, as properties that the record's name and identifier do not tell already. */
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

/** What the official plugin's schema says about inputs that need or exclude one another. */
export function recordFaults(inputs: Properties): { property: string; reason: string }[] {
  const faults: { property: string; reason: string }[] = [];
  if (given(inputs, "aliases") === given(inputs, "records"))
    faults.push({ property: "records", reason: "expected exactly one of `aliases` and `records`" });
  if (given(inputs, "aliases") && given(inputs, "ttl"))
    faults.push({ property: "ttl", reason: "expected no `ttl` beside `aliases`" });
  const policies = ["weightedRoutingPolicies", "failoverRoutingPolicies"].filter((name) => given(inputs, name));
  if (policies.length > 1) faults.push({ property: "failoverRoutingPolicies", reason: "expected one routing policy" });
  for (const property of policies)
    if (!given(inputs, "setIdentifier")) faults.push({ property, reason: "expected a `setIdentifier` beside it" });
  return faults;
}
