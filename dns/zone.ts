/** Records as a zone sees them: relative names, and what belongs to it. */
import type { DnsRecord } from "./records";

/** A record and its name within the zone; `""` is the zone itself. */
export interface ZoneRecord extends DnsRecord {
  label: string;
}

/** @throws naming the records that are in another zone */
export function inZone(records: readonly DnsRecord[], zone: string): ZoneRecord[] {
  const apex = `${zone.toLowerCase().replace(/\.$/, "")}.`;
  const outside = records.filter(({ name }) => name !== apex && !name.endsWith(`.${apex}`));
  if (outside.length > 0) {
    const names = outside.map(({ name }) => name).join(", ");
    throw new Error(`--zone: expected a zone that holds every record, found ${apex} without ${names}`);
  }
  return records.map((record) => ({ ...record, label: record.name.slice(0, -apex.length).replace(/\.$/, "") }));
}
