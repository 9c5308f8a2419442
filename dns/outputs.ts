/** A stack's outputs as `pulumi stack output --json` prints them, checked and typed. */
import { z } from "zod";
import type { DnsOutput } from "./records";

const label = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?";
const fullName = new RegExp(`^(?=.{1,254}$)(?:${label}\\.)+$`);

export const dnsSchema = z.object({
  schemaVersion: z.literal(1),
  ready: z.boolean().describe("The addresses answer; publish nothing before."),
  records: z.array(
    z.object({
      name: z.string().regex(fullName).describe("Lower case, fully qualified, with trailing dot."),
      type: z.literal("A"),
      ttl: z.int().min(0).max(2147483647).describe("Seconds."),
      values: z.array(z.ipv4()).min(1).describe("Sorted."),
    }),
  ),
}) satisfies z.ZodType<DnsOutput>;

/** The same keys in every mode: what a mode has not is `""` or `[]`. */
export const outputsSchema = z.object({
  mode: z.string(),
  ready: z.boolean(),
  clusterName: z.string(),
  instanceId: z.string(),
  networkInterfaceId: z.string(),
  primaryPrivateIp: z.string(),
  apiPublicIp: z.string(),
  secondaryPrivateIp: z.string(),
  ingressPublicIp: z.string(),
  ingressPort: z.number(),
  ingressHttpPort: z.number(),
  ingressUrls: z.array(z.string()),
  allocationId: z.string(),
  statsPassword: z.string().describe("`[secret]` without --show-secrets."),
  dns: dnsSchema,
});

export type StackOutputs = z.output<typeof outputsSchema>;

/**
 * @param json what `pulumi stack output --json` prints
 * @throws {Error} one, with all that is wrong
 */
export function parseOutputs(json: string): StackOutputs {
  const expected = "expected the outputs of a stack that is up, as 'pulumi stack output --json' prints them";
  let values: unknown;
  try {
    values = JSON.parse(json);
  } catch {
    const start = json.trim().slice(0, 40);
    throw new Error(`${expected}, found ${start === "" ? "nothing" : `no JSON: '${start}'`}`);
  }
  const { success, data, error } = outputsSchema.safeParse(values);
  if (success) return data;
  throw new Error(`${expected}, found\n${z.prettifyError(error)}\nRun 'pulumi up' with this version first.`);
}
