/** Where the applications' names lead. */
import { Resolver } from "node:dns/promises";
import type { DnsRecord } from "../../../outputs/records";
import { askable } from "../../../hostfiles/healthName";
import type { Unknown } from "../unknown";

/** By name, or wildcard: its IPv4 addresses and then its IPv6 ones, each sorted, for clients take either; none where there is no such name. */
export type NameFacts = { addresses: Record<string, string[]> };

/** Says that there is no such name, or none with an address. */
const noSuchName = ["ENOTFOUND", "ENODATA"];

/** Made up from A records by a resolver of a network without IPv4: https://www.rfc-editor.org/rfc/rfc6052#section-2.1 */
const dns64 = "64:ff9b:";

/** @param nameServer asked in the place of this machine's own */
export async function askNames(records: readonly DnsRecord[], nameServer?: string): Promise<NameFacts | Unknown> {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  if (nameServer) resolver.setServers([nameServer]);
  try {
    const found = await Promise.all(
      records.map(async ({ name }) => {
        const none = (error: NodeJS.ErrnoException): string[] => {
          if (noSuchName.includes(error.code ?? "")) return [];
          throw error;
        };
        const asked = askable(name);
        const both = await Promise.all([resolver.resolve4(asked).catch(none), resolver.resolve6(asked).catch(none)]);
        return [name, both.flatMap((addresses) => addresses.sort()).filter((each) => !each.startsWith(dns64))] as const;
      }),
    );
    return { addresses: Object.fromEntries(found) };
  } catch (error) {
    return { because: `the name server does not answer (${(error as NodeJS.ErrnoException).code})` };
  }
}
