/** Gives a stack's records to DNS tooling, each in its own form. */
import { readFileSync } from "node:fs";
import { dnsSchema } from "../../outputs/dnsSchema";
import { type FormatName, formats, publishable } from "../../dns/formats";
import { dnsOutputOf, parsed, type StackFlags } from "./stackOutputs";

export interface DnsFlags extends StackFlags {
  zone?: string;
  current?: string;
  inverse?: boolean;
  force?: boolean;
}

export async function printRecords(format: FormatName, flags: DnsFlags): Promise<void> {
  const records = publishable(await dnsOutputOf(flags), flags.force ?? false);
  const current = flags.current
    ? parsed(dnsSchema.shape.records, readFileSync(flags.current, "utf8"), "--current")
    : [];
  process.stdout.write(
    formats[format](records, { ...(flags.zone ? { zone: flags.zone } : {}), current, inverse: flags.inverse ?? false }),
  );
}
