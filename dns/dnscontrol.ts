/** Records as JSON for dnscontrol, whose configuration is JavaScript: `require("./records.json")`. */
import type { DnsRecord } from "../outputs/records";

/** One `A(name, value, TTL(ttl))` for each; a name with the trailing dot is taken as it is. */
export function dnscontrol(records: readonly DnsRecord[]): string {
  const lines = records.flatMap(({ name, type, ttl, values }) => values.map((value) => ({ name, type, ttl, value })));
  return `${JSON.stringify(lines, undefined, 2)}\n`;
}
