/** Records as JSON for dnscontrol, whose configuration is JavaScript: `require("./records.json")`. */
import type { DnsRecord } from "./records";
import { inZone } from "./zone";

/** One `A(label, value, TTL(ttl))` for each; `@` is the zone itself. */
export function dnscontrol(records: readonly DnsRecord[], zone: string): string {
  const lines = inZone(records, zone).flatMap(({ label, type, ttl, values }) =>
    values.map((value) => ({ label: label === "" ? "@" : label, type, ttl, value })),
  );
  return `${JSON.stringify(lines, undefined, 2)}\n`;
}
