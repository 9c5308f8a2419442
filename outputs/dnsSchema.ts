/** What the output `dns` must be; docs and other tools read it as outputs/dns.schema.json. */
import { z } from "zod";
import type { DnsOutput } from "./records";

const label = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const fullName = new RegExp(`^(?=.{1,254}$)(?:\\*\\.)?(?:${label}\\.)+$`);

export const dnsSchema = z.object({
  schemaVersion: z.literal(1),
  ready: z.boolean().describe("The addresses answer; publish nothing before."),
  records: z.array(
    z.object({
      name: z
        .string()
        .regex(fullName)
        .describe("Lower case, fully qualified, with trailing dot; the first label may be `*`."),
      type: z.literal("A"),
      ttl: z.int().min(0).max(2147483647).describe("Seconds."),
      values: z.array(z.ipv4()).min(1).describe("Sorted."),
    }),
  ),
}) satisfies z.ZodType<DnsOutput>;
