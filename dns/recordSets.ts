/** Record sets of a name, and the change from one state to another. */
import { z } from "zod";
import type { DnsRecord } from "../outputs/records";

/** The record types that decide which address a client connects to. */
export const addressTypes = ["A", "AAAA", "CNAME"] as const;

const word = z.string().regex(/^[^\s;"]+$/);

/** All records of a name and type. */
export const recordSetSchema = z.object({
  name: word.describe("Lower case, fully qualified, with trailing dot."),
  type: z.enum(addressTypes),
  ttl: z.int().min(0).describe("Seconds."),
  values: z.array(word).min(1).describe("Sorted; of an alias, the name that it stands for."),
  alias: z
    .object({ hostedZoneId: z.string(), evaluateTargetHealth: z.boolean() })
    .optional()
    .describe("Route 53 answers with what `values` leads to, e.g. a load balancer."),
});
export type RecordSet = z.output<typeof recordSetSchema>;

/** The change of one name and type; absent means no records. */
export const recordChangeSchema = z.object({ before: recordSetSchema.optional(), after: recordSetSchema.optional() });
export type RecordChange = z.output<typeof recordChangeSchema>;

const sameValues = (a: RecordSet, b: RecordSet): boolean =>
  a.values.length === b.values.length && a.values.every((value, index) => value === b.values[index]);

export const sameRecordSet = (a: RecordSet | undefined, b: RecordSet | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.ttl === b.ttl && sameValues(a, b);

export const findRecordSet = (
  sets: readonly RecordSet[],
  { name, type }: Pick<RecordSet, "name" | "type">,
): RecordSet | undefined => sets.find((set) => set.name === name && set.type === type);

/**
 * The changes after which the names of `wanted` resolve to its addresses and to no other: a CNAME would conflict, an AAAA would send some
 * clients elsewhere. A name that already resolves so has no change.
 */
export function changesTo(wanted: readonly DnsRecord[], current: readonly RecordSet[]): RecordChange[] {
  return wanted.flatMap((after) =>
    addressTypes.flatMap((type): RecordChange[] => {
      const before = findRecordSet(current, { name: after.name, type });
      if (type === "A") return sameRecordSet(before, after) ? [] : [{ ...(before ? { before } : {}), after }];
      return before ? [{ before }] : [];
    }),
  );
}

/** The change that reverts these changes. */
export const inverse = (changes: readonly RecordChange[]): RecordChange[] =>
  changes.map(({ before, after }) => ({ ...(after ? { before: after } : {}), ...(before ? { after: before } : {}) }));
