/** The outputs of a stack for commands that read them: by name, or from standard input. */
import { text } from "node:stream/consumers";
import { z } from "zod";
import { dnsSchema } from "../../outputs/dnsSchema";
import type { DnsOutput } from "../../outputs/records";
import { outputsOf, readerOf } from "./stack";

export interface StackFlags {
  stack?: string;
  cwd: string;
}

/** What DNS tooling is to publish, and of which mode; `""` where that was not said. */
interface Published {
  dns: DnsOutput;
  mode: string;
}

/** Either all outputs of a stack, as `pulumi stack output --json` prints them, or `dns` alone. */
const outputsSchema = z.union([
  z.object({ dns: dnsSchema, mode: z.string().default("") }),
  dnsSchema.transform((dns) => ({ dns, mode: "" })),
]) satisfies z.ZodType<Published>;

/** @throws naming `what` and what is wrong with it */
export function parsed<Schema extends z.ZodType>(schema: Schema, json: string, what: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Error(`${what}: expected JSON, found something else`);
  }
  const { success, data, error } = schema.safeParse(value);
  if (!success) throw new Error(`${what}: ${z.prettifyError(error)}`);
  return data;
}

export async function publishedBy({ stack, cwd }: StackFlags): Promise<Published> {
  if (stack === undefined) {
    if (process.stdin.isTTY) {
      throw new Error("--stack: expected a stack, or 'pulumi stack output --json' on standard input, found neither");
    }
    return parsed(outputsSchema, await text(process.stdin), "standard input");
  }
  const named = { stack, cwd };
  return parsed(outputsSchema, JSON.stringify(await outputsOf(named, readerOf(named))), `stack '${stack}'`);
}

export const dnsOutputOf = async (flags: StackFlags): Promise<DnsOutput> => (await publishedBy(flags)).dns;
