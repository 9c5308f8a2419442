/** Resource records as lines of a BIND zone file. */
import type { DnsRecord } from "../outputs/records";

export function bindLines(records: readonly DnsRecord[]): string {
  return records
    .flatMap(({ name, type, ttl, values }) => values.map((value) => `${name}\t${ttl}\tIN\t${type}\t${value}\n`))
    .join("");
}
