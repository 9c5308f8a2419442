/** Lists the records of a zone in Route 53's order. */
import { z } from "zod";
import type { RecordSet } from "../account";
import { action, type Answer } from "../action";
import { AwsError } from "../errors";
import { compareNames, normalName } from "./names";
import { findZone } from "./zones";

/** The key of a record set. */
type Key = Pick<RecordSet, "name" | "type" | "setIdentifier">;

const compareText = (a = "", b = ""): number => (a < b ? -1 : a > b ? 1 : 0);

const compareRecords = (a: Key, b: Key): number =>
  compareNames(a.name, b.name) || compareText(a.type, b.type) || compareText(a.setIdentifier, b.setIdentifier);

const recordData = (record: RecordSet): Answer => ({
  Name: record.name,
  Type: record.type,
  SetIdentifier: record.setIdentifier,
  Weight: record.weight,
  Region: record.region,
  Failover: record.failover,
  TTL: record.ttl,
  ResourceRecords: record.alias ? undefined : { ResourceRecord: record.values.map((Value) => ({ Value })) },
  AliasTarget: record.alias && {
    HostedZoneId: record.alias.zoneId,
    DNSName: record.alias.name,
    EvaluateTargetHealth: record.alias.evaluateTargetHealth,
  },
  HealthCheckId: record.healthCheckId,
});

/** `name`, `type` and `identifier` are the start of the list, not a filter. */
export const listResourceRecordSets = action(
  "reads",
  z.strictObject({
    Id: z.string(),
    name: z.string().optional(),
    type: z.string().optional(),
    identifier: z.string().optional(),
    maxitems: z.coerce.number().int().min(1).default(300),
  }),
  (account, { Id, name, type, identifier, maxitems }) => {
    if (type !== undefined && name === undefined)
      throw new AwsError("InvalidInput", "The resource record set type was specified without a name.");
    if (identifier !== undefined && type === undefined)
      throw new AwsError("InvalidInput", "The resource record set identifier was specified without a type.");
    const start =
      name === undefined ? undefined : { name: normalName(name), type: type ?? "", setIdentifier: identifier };
    const found = findZone(account, Id)
      .records.toSorted(compareRecords)
      .filter((record) => start === undefined || compareRecords(record, start) >= 0);
    const size = Math.min(maxitems, 300);
    const next = found[size];
    return {
      ResourceRecordSets: { ResourceRecordSet: found.slice(0, size).map(recordData) },
      IsTruncated: next !== undefined,
      NextRecordName: next?.name,
      NextRecordType: next?.type,
      NextRecordIdentifier: next?.setIdentifier,
      MaxItems: size,
    };
  },
);
