/** A script for `nsupdate` (RFC 2136) that changes nothing where somebody else has changed the records meanwhile. */
import type { RecordChange, RecordSet } from "./recordSets";
import { inZone } from "./zone";

/** Value-dependent prerequisites (RFC 2136, 2.4.2): the whole set must be what it was, or not be there. */
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
    // All that goes comes first: a CNAME and another type never stand together.
    ...sets.map(({ set: { name, type } }) => `update delete ${name} ${type}`),
    ...sets.flatMap(({ after }) =>
      after ? after.values.map((value) => `update add ${after.name} ${after.ttl} ${after.type} ${value}`) : [],
    ),
    "send",
    "",
  ].join("\n");
}
