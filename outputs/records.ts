/** The `dns` output: what DNS tooling is to publish. */

export interface DnsRecord {
  /** Lower case, fully qualified, with trailing dot. */
  name: string;
  type: "A";
  /** Seconds. */
  ttl: number;
  /** IPv4 addresses, sorted. */
  values: string[];
}

export interface DnsOutput {
  schemaVersion: 1;
  /** The addresses answer; publish nothing before. */
  ready: boolean;
  records: DnsRecord[];
}

/** A records of all domains at the given addresses, sorted by name. */
export function dnsOutput(
  domains: readonly string[],
  addresses: readonly string[],
  ttl: number,
  ready: boolean,
): DnsOutput {
  const name = (domain: string): string => `${domain.toLowerCase().replace(/\.$/, "")}.`;
  const values = [...new Set(addresses)].sort();
  const records = [...new Set(domains.map(name))]
    .sort()
    .map((name): DnsRecord => ({ name, type: "A", ttl, values: [...values] }));
  return { schemaVersion: 1, ready, records: values.length === 0 ? [] : records };
}
