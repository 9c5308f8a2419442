/** Parses a record set: values or an alias, and with a set identifier exactly one routing policy. */
import { z } from "zod";
import type { RecordSet } from "../account";
import { AwsError } from "../errors";
import { boolean, integer } from "../parameters";
import { normalName } from "./names";
import { xmlList } from "./xmlList";

const recordTypes = ["A", "AAAA", "CAA", "CNAME", "HTTPS", "MX", "NS", "SOA", "SRV", "SVCB", "TXT"] as const;

export const recordSetParameter = z.strictObject({
  Name: z.string(),
  Type: z.enum(recordTypes),
  SetIdentifier: z.string().min(1).max(128).optional(),
  Weight: integer.pipe(z.number().min(0).max(255)).optional(),
  Region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
    .optional(),
  Failover: z.enum(["PRIMARY", "SECONDARY"]).optional(),
  HealthCheckId: z.string().min(1).max(64).optional(),
  TTL: integer.pipe(z.number().min(0).max(2147483647)).optional(),
  ResourceRecords: xmlList("ResourceRecord", z.strictObject({ Value: z.string() })).optional(),
  AliasTarget: z
    .strictObject({
      HostedZoneId: z.string().min(1).max(32),
      DNSName: z.string().min(1).max(1024),
      EvaluateTargetHealth: boolean,
    })
    .optional(),
});

type Parameter = z.output<typeof recordSetParameter>;

const contents = "[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]";
const policies =
  "[Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig]";

/** Missing or excess members, with Route 53's messages. */
function faultOf({
  SetIdentifier,
  Weight,
  Region,
  Failover,
  TTL,
  ResourceRecords,
  AliasTarget,
}: Parameter): string | undefined {
  const hasValues = TTL !== undefined && ResourceRecords !== undefined;
  if (!AliasTarget && !hasValues) return `Expected exactly one of ${contents}, but found none`;
  if (AliasTarget && (TTL !== undefined || ResourceRecords !== undefined))
    return `Expected exactly one of ${contents}, but found more than one`;
  const given = [Weight, Region, Failover].filter((policy) => policy !== undefined).length;
  if (SetIdentifier === undefined && given > 0) return "Missing field 'SetIdentifier'";
  if (SetIdentifier !== undefined && given !== 1)
    return `Expected exactly one of ${policies}, but found ${given === 0 ? "none" : "more than one"}`;
  return undefined;
}

/**
 * Normalizes the record set and omits members without a value.
 * @throws AwsError `InvalidInput`
 */
export function readRecordSet(action: string, parameter: Parameter): RecordSet {
  const { Type: type, SetIdentifier, ResourceRecords = [], AliasTarget } = parameter;
  const name = normalName(parameter.Name);
  const fault = faultOf(parameter);
  if (fault !== undefined) {
    const change = `[Action=${action}, Name=${name}, Type=${type}, SetIdentifier=${SetIdentifier ?? "null"}]`;
    throw new AwsError("InvalidInput", `Invalid request: ${fault} in Change with ${change}`);
  }
  const record: RecordSet = {
    name,
    type,
    setIdentifier: SetIdentifier,
    weight: parameter.Weight,
    region: parameter.Region,
    failover: parameter.Failover,
    healthCheckId: parameter.HealthCheckId,
    ttl: parameter.TTL,
    values: ResourceRecords.map(({ Value }) => Value),
    alias: AliasTarget && {
      zoneId: AliasTarget.HostedZoneId,
      name: normalName(AliasTarget.DNSName),
      evaluateTargetHealth: AliasTarget.EvaluateTargetHealth,
    },
  };
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as unknown as RecordSet;
}
