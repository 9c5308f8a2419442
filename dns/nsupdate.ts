/** A script for `nsupdate` (RFC 2136) that changes nothing if the records have changed meanwhile. */
import type { RecordChange, RecordSet } from "./recordSets";
import { inZone } from "./zone";

/** Value-dependent prerequisites (RFC 2136, 2.4.2): the record set must be unchanged, or absent. */
function prerequisites({ name, type }: RecordSet, before: RecordSet | undefined): string[] {
  return before
    ? before.values.map((value) => `prereq yxrrset ${name} ${type} ${value}`)
    : [`prereq nxrrset ${name} ${type}`];
}

/** @throws naming the records that are in another zone */
export function nsupdate(changes: readonly RecordChange[], zone: string): string {
  const sets = changes.flatMap(({ before, after }) => {
    const set = after ?? before;
    return set ? [{ set, before, after }] : [];
  });
  inZone(
    sets.map(({ set }) => set),
    zone,
  );
  return [
    `zone ${zone.replace(/\.?$/, ".")}`,
    ...sets.flatMap(({ set, before }) => prerequisites(set, before)),
    // Delete first: a CNAME cannot coexist with another type.
    ...sets.map(({ set: { name, type } }) => `update delete ${name} ${type}`),
    ...sets.flatMap(({ after }) =>
      after ? after.values.map((value) => `update add ${after.name} ${after.ttl} ${after.type} ${value}`) : [],
    ),
    "send",
    "",
  ].join("\n");
}
