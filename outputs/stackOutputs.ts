/** A stack's outputs as `pulumi stack output --json` prints them, checked and typed. */
import { z } from "zod";
import { dnsSchema } from "./dnsSchema";

/** The same keys in every mode: a value that a mode does not have is `""` or `[]`. */
export const outputsSchema = z.object({
  mode: z.string(),
  ready: z.boolean().describe("Always true after a finished update: everything that serves is in place."),
  clusterName: z.string(),
  instanceId: z.string(),
  networkInterfaceId: z.string(),
  primaryPrivateIp: z.string(),
  apiPublicIp: z
    .string()
    .describe("The node's own public address, also where a load balancer of kOps is in front of the API."),
  secondaryPrivateIp: z.string(),
  ingressPublicIp: z.string(),
  ingressPort: z.number(),
  ingressHttpPort: z.number(),
  ingressUrls: z.array(z.string()),
  allocationId: z.string(),
  securityGroupId: z
    .string()
    .default("")
    .describe("The group that lets the applications' clients in. Absent before 0.2."),
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
