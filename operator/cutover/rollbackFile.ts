/** The file that remembers what a cut-over changed, and where. */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { Connection } from "../../components/aws/connection";
import { recordChangeSchema } from "../../dns/recordSets";

const text = z.string().optional();
const connectionSchema: z.ZodType<Connection> = z.object({
  region: text,
  profile: text,
  endpoints: z.object({ route53: text, sts: text }).optional(),
  assumeRoles: z
    .array(z.object({ roleArn: z.string(), sessionName: text, externalId: text, policy: text, sourceIdentity: text }))
    .optional(),
});

export const placeSchema = z.discriminatedUnion("kind", [
  // Files that were written before connections were kept have none: the environment's is used.
  z.object({ kind: z.literal("route53"), zoneId: z.string(), connection: connectionSchema.optional() }),
  z.object({
    kind: z.literal("rfc2136"),
    host: z.string(),
    port: z.int().min(1).max(65535),
    zone: z.string(),
    keyFile: z.string().optional(),
  }),
]);
export type Place = z.output<typeof placeSchema>;

const fileSchema = z.object({
  schemaVersion: z.literal(1),
  /** ISO 8601. */
  madeAt: z.iso.datetime(),
  place: placeSchema,
  /** As they were made; rolling back inverts them. */
  changes: z.array(recordChangeSchema).min(1),
});
export type RollbackFile = z.output<typeof fileSchema>;

/** @throws where the file is there already: it may be the only way back of another cut-over */
export function writeRollbackFile(path: string, content: RollbackFile): void {
  try {
    writeFileSync(path, `${JSON.stringify(content, undefined, 2)}\n`, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      throw new Error(
        `--rollback-file: expected a file that is not there yet, found ${path}: keep it, and name another`,
        { cause: error },
      );
    throw error;
  }
}

/** @throws where it is none */
export function readRollbackFile(path: string): RollbackFile {
  const expected = `${path}: expected the file that 'dns cutover' wrote, found`;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(
      error instanceof SyntaxError ? `${expected} no JSON` : `${expected} none: ${(error as Error).message}`,
      { cause: error },
    );
  }
  const { success, data, error } = fileSchema.safeParse(value);
  if (!success) throw new Error(`${expected}\n${z.prettifyError(error)}`);
  return data;
}
