/** Gives a stack's records to DNS tooling, each in its own form. */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import { z } from "zod";
import { type FormatName, formats, publishable } from "../dns/formats";

export interface DnsFlags {
  stack?: string;
  cwd: string;
  zone?: string;
  current?: string;
  inverse?: boolean;
  force?: boolean;
}

const recordsSchema = z.array(
  z.object({ name: z.string(), type: z.literal("A"), ttl: z.number(), values: z.array(z.string()) }),
);
const dnsSchema = z.object({ schemaVersion: z.literal(1), ready: z.boolean(), records: recordsSchema });

/** Either all outputs of a stack, as `pulumi stack output --json` prints them, or `dns` alone. */
const outputsSchema = z.union([z.object({ dns: dnsSchema }).transform(({ dns }) => dns), dnsSchema]);

function parsed<Schema extends z.ZodType>(schema: Schema, json: string, what: string): z.output<Schema> {
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

async function outputsOf({ stack, cwd }: DnsFlags): Promise<z.output<typeof dnsSchema>> {
  if (stack === undefined) {
    if (process.stdin.isTTY) {
      throw new Error("--stack: expected a stack, or 'pulumi stack output --json' on standard input, found neither");
    }
    return parsed(outputsSchema, await text(process.stdin), "standard input");
  }
  const { outputs } = await LocalWorkspace.selectStack({ stackName: stack, workDir: cwd }).then(async (selected) => ({
    outputs: await selected.outputs(),
  }));
  const dns: unknown = outputs["dns"]?.value;
  if (dns === undefined) throw new Error(`--stack: expected a stack that is up, found '${stack}' without outputs`);
  return parsed(dnsSchema, JSON.stringify(dns), `stack '${stack}'`);
}

export async function printRecords(format: FormatName, flags: DnsFlags): Promise<void> {
  const records = publishable(await outputsOf(flags), flags.force ?? false);
  const current = flags.current ? parsed(recordsSchema, readFileSync(flags.current, "utf8"), "--current") : [];
  process.stdout.write(
    formats[format](records, { ...(flags.zone ? { zone: flags.zone } : {}), current, inverse: flags.inverse ?? false }),
  );
}
