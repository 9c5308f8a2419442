/** What a name leads to, and the change from one state to another. */
import type { DnsRecord } from "./records";

/** The types that decide where a client connects to. */
export const addressTypes = ["A", "AAAA", "CNAME"] as const;

/** All records of a name and type. */
export interface RecordSet {
  /** Lower case, fully qualified, with trailing dot. */
  name: string;
  type: (typeof addressTypes)[number];
  /** Seconds. */
  ttl: number;
  /** Sorted. */
  values: string[];
}

/** One name and type; undefined is where there are none. */
export interface RecordChange {
  before?: RecordSet;
  after?: RecordSet;
}

export const sameValues = (a: RecordSet, b: RecordSet): boolean =>
  a.values.length === b.values.length && a.values.every((value, index) => value === b.values[index]);

export const sameRecordSet = (a: RecordSet | undefined, b: RecordSet | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.ttl === b.ttl && sameValues(a, b);

/**
 * What leads the names of `wanted` there and nowhere else: a CNAME would stand in the way, an AAAA would lead some of the clients
 * elsewhere. Names that are as wanted have no change.
 */
export function changesTo(wanted: readonly DnsRecord[], current: readonly RecordSet[]): RecordChange[] {
  return wanted.flatMap((after) =>
    addressTypes.flatMap((type): RecordChange[] => {
      const before = current.find((set) => set.name === after.name && set.type === type);
      if (type === "A") return sameRecordSet(before, after) ? [] : [{ before, after }];
      return before ? [{ before }] : [];
    }),
  );
}

/** The way back. */
export const inverse = (changes: readonly RecordChange[]): RecordChange[] =>
  changes.map(({ before, after }) => ({ before: after, after: before }));
