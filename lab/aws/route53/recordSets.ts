/** The records of a zone: listed in Route 53's order, changed all together or not at all. */
import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import type { Account, HostedZone, RecordChange, RecordSet } from "../account";
import { action, type Answer } from "../action";
import { AwsError } from "../errors";
import { newChangeId } from "../ids";
import { compareNames, isInZone, normalName } from "./names";
import { xmlList } from "./xmlList";
import { findZone } from "./zones";

/** How long a change is PENDING, in milliseconds; really up to a minute. */
const propagationTime = 1000;

const compareRecords = (a: Pick<RecordSet, "name" | "type">, b: Pick<RecordSet, "name" | "type">): number =>
  compareNames(a.name, b.name) || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0);

const recordData = ({ name, type, ttl, values }: RecordSet): Answer => ({
  Name: name,
  Type: type,
  TTL: ttl,
  ResourceRecords: { ResourceRecord: values.map((Value) => ({ Value })) },
});

/** `name` and `type` are where the list begins, not what it is restricted to. */
export const listResourceRecordSets = action(
  "reads",
  z.strictObject({
    Id: z.string(),
    name: z.string().optional(),
    type: z.string().optional(),
    maxitems: z.coerce.number().int().min(1).default(300),
  }),
  (account, { Id, name, type, maxitems }) => {
    if (type !== undefined && name === undefined)
      throw new AwsError("InvalidInput", "The resource record set type was specified without a name.");
    const start = { name: name === undefined ? "." : normalName(name), type: type ?? "" };
    const found = findZone(account, Id)
      .records.toSorted(compareRecords)
      .filter((record) => name === undefined || compareRecords(record, start) >= 0);
    const size = Math.min(maxitems, 300);
    const next = found[size];
    return {
      ResourceRecordSets: { ResourceRecordSet: found.slice(0, size).map(recordData) },
      IsTruncated: next !== undefined,
      NextRecordName: next?.name,
      NextRecordType: next?.type,
      MaxItems: size,
    };
  },
);

const recordTypes = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT"] as const;

const changeParameter = z.strictObject({
  Action: z.enum(["CREATE", "DELETE", "UPSERT"]),
  ResourceRecordSet: z.strictObject({
    Name: z.string(),
    Type: z.enum(recordTypes),
    TTL: z.coerce.number().int().min(0).max(2147483647),
    ResourceRecords: xmlList("ResourceRecord", z.strictObject({ Value: z.string() })),
  }),
});

/** What is wrong with a record in itself, in Route 53's words. */
function faultsOf({ name, type, values }: RecordSet, zone: HostedZone): string[] {
  const illegal = (kind: string, text: string, value: string): string =>
    `Invalid Resource Record: 'FATAL problem: ${kind} (${text}) encountered with '${value}''`;
  const faults = values.flatMap((value) => {
    if (type === "A" && !isIPv4(value))
      return [illegal("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address", value)];
    if (type === "AAAA" && !isIPv6(value))
      return [illegal("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address", value)];
    if (type === "TXT" && !/^"(?:[^"\\]|\\.)*"(?: "(?:[^"\\]|\\.)*")*$/.test(value))
      return [illegal("InvalidCharacterString", "Value should be enclosed in quotation marks", value)];
    return [];
  });
  if (new Set(values).size < values.length) faults.push("Duplicate Resource Record");
  if (values.length === 0) faults.push(`Resource record set [name='${name}', type='${type}'] has no values`);
  if (!isInZone(name, zone.name)) faults.push(`RRSet with DNS name ${name} is not permitted in zone ${zone.name}`);
  if (type === "CNAME" && name === zone.name)
    faults.push(`RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zone.name}`);
  if (type === "CNAME" && values.length > 1)
    faults.push(`RRSet of type CNAME with DNS name ${name} can have one value only`);
  return faults;
}

/** Applies one change to a zone and tells what is wrong with it. */
function applyChange(zone: HostedZone, change: z.output<typeof changeParameter>): string[] {
  const { Name, Type: type, TTL: ttl, ResourceRecords } = change.ResourceRecordSet;
  const record: RecordSet = { name: normalName(Name), type, ttl, values: ResourceRecords.map(({ Value }) => Value) };
  const inWords = `resource record set [name='${record.name}', type='${type}']`;
  const existing = zone.records.find(({ name, type: other }) => name === record.name && other === type);
  const others = zone.records.filter((other) => other !== existing);

  if (change.Action === "DELETE") {
    if (!existing) return [`Tried to delete ${inWords} but it was not found`];
    const same = (values: readonly string[]): string => values.toSorted().join("\n");
    if (existing.ttl !== ttl || same(existing.values) !== same(record.values))
      return [`Tried to delete ${inWords} but the values provided do not match the current values`];
    if (record.name === zone.name && (type === "SOA" || type === "NS"))
      return [
        `A HostedZone must contain ${type === "SOA" ? "exactly one SOA record" : "at least one NS record for the zone itself"}.`,
      ];
    zone.records = others;
    return [];
  }
  const faults = faultsOf(record, zone);
  if (change.Action === "CREATE" && existing) faults.push(`Tried to create ${inWords} but it already exists`);
  if (others.some((other) => other.name === record.name && (other.type === "CNAME" || type === "CNAME")))
    faults.push(
      `RRSet of type ${type} with DNS name ${record.name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`,
    );
  if (faults.length === 0) zone.records = [...others, record];
  return faults;
}

const changeData = ({ changeId, submittedAt, comment }: RecordChange): Answer => ({
  Id: `/change/${changeId}`,
  Status: Date.now() - Date.parse(submittedAt) < propagationTime ? "PENDING" : "INSYNC",
  SubmittedAt: submittedAt,
  Comment: comment,
});

/** One bad change, and none applies: the draft of the account is dropped with the error. */
export const changeResourceRecordSets = action(
  "mutates",
  z.strictObject({
    Id: z.string(),
    ChangeBatch: z.strictObject({ Comment: z.string().optional(), Changes: xmlList("Change", changeParameter) }),
  }),
  (account: Account, { Id, ChangeBatch }) => {
    const zone = findZone(account, Id);
    const { Changes, Comment: comment } = ChangeBatch;
    if (Changes.length === 0) throw new AwsError("InvalidInput", "The change batch has no changes.");
    const faults = Changes.flatMap((change) => applyChange(zone, change));
    if (faults.length > 0) throw new AwsError("InvalidChangeBatch", `[${faults.join(", ")}]`);
    const change: RecordChange = { changeId: newChangeId(), submittedAt: new Date().toISOString(), comment };
    account.recordChanges = [...(account.recordChanges ?? []), change];
    return { ChangeInfo: changeData(change) };
  },
);

export const getChange = action("reads", z.strictObject({ Id: z.string() }), (account, { Id }) => {
  const change = account.recordChanges?.find(({ changeId }) => changeId === Id);
  if (!change) throw new AwsError("NoSuchChange", `Could not find resource with ID: ${Id}`, 404);
  return { ChangeInfo: changeData(change) };
});
