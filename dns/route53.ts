/** Route 53's change batch, for `aws route53 change-resource-record-sets --change-batch file://…`. */
import type { DnsRecord } from "../outputs/records";

interface Change {
  Action: "CREATE" | "UPSERT" | "DELETE";
  ResourceRecordSet: { Name: string; Type: string; TTL: number; ResourceRecords: { Value: string }[] };
}

export interface ChangeBatch {
  Comment: string;
  Changes: Change[];
}

const comment = "kops-secondary-ingress";

const change = (Action: Change["Action"], { name, type, ttl, values }: DnsRecord): Change => ({
  Action,
  ResourceRecordSet: { Name: name, Type: type, TTL: ttl, ResourceRecords: values.map((Value) => ({ Value })) },
});

/** Sets the records, whatever they are now. */
export function changeBatch(records: readonly DnsRecord[]): ChangeBatch {
  return { Comment: comment, Changes: records.map((record) => change("UPSERT", record)) };
}

/**
 * Restores the present records.
 * @param current the records of the same names before the change; a name without one is deleted
 */
export function inverseBatch(records: readonly DnsRecord[], current: readonly DnsRecord[]): ChangeBatch {
  return {
    Comment: `${comment}: back to what was there before`,
    Changes: records.map((record) => {
      const before = current.find(({ name, type }) => name === record.name && type === record.type);
      return before ? change("UPSERT", before) : change("DELETE", record);
    }),
  };
}
