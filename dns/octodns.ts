/** octoDNS' YAML: the records of one zone by their relative names, for `!include`. */
import { stringify } from "yaml";
import type { DnsRecord } from "../outputs/records";
import { inZone } from "./zone";

export function octodns(records: readonly DnsRecord[], zone: string): string {
  const entries = inZone(records, zone).map(({ label, type, ttl, values }) => [label, { ttl, type, values }] as const);
  return stringify(Object.fromEntries(entries), { sortMapEntries: true });
}
