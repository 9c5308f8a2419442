/** A script for `nsupdate` (RFC 2136) that changes nothing where somebody else has changed the records meanwhile. */
import type { DnsRecord } from "./records";
import { inZone } from "./zone";

/** Value-dependent prerequisites (RFC 2136, 2.4.2): the whole set must be what it was, or not be there. */
function prerequisites({ name, type }: DnsRecord, before: DnsRecord | undefined): string[] {
  return before
    ? before.values.map((value) => `prereq yxrrset ${name} ${type} ${value}`)
    : [`prereq nxrrset ${name} ${type}`];
}

const replaceBy = ({ name, type, ttl, values }: DnsRecord): string[] => [
  `update delete ${name} ${type}`,
  ...values.map((value) => `update add ${name} ${ttl} ${type} ${value}`),
];

const find = (records: readonly DnsRecord[], { name, type }: DnsRecord): DnsRecord | undefined =>
  records.find((record) => record.name === name && record.type === type);

const script = (zone: string, lines: readonly string[]): string =>
  [`zone ${zone.replace(/\.?$/, ".")}`, ...lines, "send", ""].join("\n");

/** @param current the records of the same names as they are now; a name without one must not be there */
export function nsupdate(records: readonly DnsRecord[], current: readonly DnsRecord[], zone: string): string {
  const wanted = inZone(records, zone);
  return script(zone, [
    ...wanted.flatMap((record) => prerequisites(record, find(current, record))),
    ...wanted.flatMap(replaceBy),
  ]);
}

/** Brings back what was there, where what `nsupdate` made is still there. */
export function inverseNsupdate(records: readonly DnsRecord[], before: readonly DnsRecord[], zone: string): string {
  const made = inZone(records, zone);
  return script(zone, [
    ...made.flatMap((record) => prerequisites(record, record)),
    ...made.flatMap((record) => {
      const old = find(before, record);
      return old ? replaceBy(old) : [`update delete ${record.name} ${record.type}`];
    }),
  ]);
}
