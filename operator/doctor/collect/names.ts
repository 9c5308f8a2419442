/** Where the applications' names lead. */
import { Resolver } from "node:dns/promises";
import type { DnsRecord } from "../../../outputs/records";
import { askable } from "../../../hostfiles/healthName";
import type { Unknown } from "../unknown";

/** By name, or wildcard: its IPv4 addresses, sorted; none where there is no such name. */
export type NameFacts = { addresses: Record<string, string[]> };

/** Says that there is no such name, or none with an address. */
const noSuchName = ["ENOTFOUND", "ENODATA"];

/** @param nameServer asked in the place of this machine's own */
export async function askNames(records: readonly DnsRecord[], nameServer?: string): Promise<NameFacts | Unknown> {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  if (nameServer) resolver.setServers([nameServer]);
  try {
    const found = await Promise.all(
      records.map(async ({ name }) => {
        const addresses = await resolver.resolve4(askable(name)).catch((error: NodeJS.ErrnoException) => {
          if (noSuchName.includes(error.code ?? "")) return [];
          throw error;
        });
        return [name, addresses.sort()] as const;
      }),
    );
    return { addresses: Object.fromEntries(found) };
  } catch (error) {
    return { because: `the name server does not answer (${(error as NodeJS.ErrnoException).code})` };
  }
}
