/** Atomic changes of a zone's records. */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Account, HostedZone, RecordChange, RecordSet } from "../account";
import { action, type Answer } from "../action";
import { AwsError } from "../errors";
import { newChangeId } from "../ids";
import { findHealthCheck } from "./healthChecks";
import { conflictsOf, faultsOf } from "./recordRules";
import { readRecordSet, recordSetParameter } from "./recordSetParameter";
import { xmlList } from "./xmlList";
import { findZone } from "./zones";

/** Milliseconds that a change stays PENDING; in AWS up to a minute. */
const propagationTime = 1000;

const changeParameter = z.strictObject({
  Action: z.enum(["CREATE", "DELETE", "UPSERT"]),
  ResourceRecordSet: recordSetParameter,
});

/** The order of values does not matter. */
const inOrder = (record: RecordSet): RecordSet => ({ ...record, values: record.values.toSorted() });

function remove(zone: HostedZone, record: RecordSet, existing: RecordSet | undefined, inWords: string): string[] {
  if (!existing) return [`Tried to delete ${inWords} but it was not found`];
  if (!isDeepStrictEqual(inOrder(existing), inOrder(record)))
    return [`Tried to delete ${inWords} but the values provided do not match the current values`];
  if (record.name === zone.name && (record.type === "SOA" || record.type === "NS"))
    return [
      `A HostedZone must contain ${record.type === "SOA" ? "exactly one SOA record" : "at least one NS record for the zone itself"}.`,
    ];
  zone.records = zone.records.filter((other) => other !== existing);
  return [];
}

/** Applies one change to a zone and returns its errors. */
function applyChange(account: Account, zone: HostedZone, change: z.output<typeof changeParameter>): string[] {
  const record = readRecordSet(change.Action, change.ResourceRecordSet);
  const { name, type, setIdentifier, healthCheckId } = record;
  const identifier = setIdentifier === undefined ? "" : `, set-identifier='${setIdentifier}'`;
  const inWords = `resource record set [name='${name}', type='${type}'${identifier}]`;
  const existing = zone.records.find(
    (other) => other.name === name && other.type === type && other.setIdentifier === setIdentifier,
  );
  if (change.Action === "DELETE") return remove(zone, record, existing, inWords);

  if (healthCheckId !== undefined) findHealthCheck(account, healthCheckId);
  const others = zone.records.filter((other) => other !== existing);
  const faults = [...faultsOf(record, zone, account), ...conflictsOf(record, others, zone)];
  if (change.Action === "CREATE" && existing) faults.push(`Tried to create ${inWords} but it already exists`);
  if (faults.length === 0) zone.records = [...others, record];
  return faults;
}

const changeData = ({ changeId, submittedAt, comment }: RecordChange): Answer => ({
  Id: `/change/${changeId}`,
  Status: Date.now() - Date.parse(submittedAt) < propagationTime ? "PENDING" : "INSYNC",
  SubmittedAt: submittedAt,
  Comment: comment,
});

/** One invalid change rejects the batch: the error discards the draft of the account. */
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
    const faults = Changes.flatMap((change) => applyChange(account, zone, change));
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
