/** A stack's outputs with their types. */
import type * as pulumi from "@pulumi/pulumi";
import { inspect } from "node:util";
import { z } from "zod";
import type { outputsOf } from "../components/secondaryIngressIp";
import type { DnsOutput } from "../dns";
import { outputsSchema } from "../outputs/stackOutputs";
import { redacted } from "./redact";

/** A text that no log shows: ask for it with `reveal()`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}

/** The component's outputs as plain values; secret ones wrapped. */
export type Outputs = Omit<pulumi.UnwrappedObject<ReturnType<typeof outputsOf>>, "statsPassword" | "dns"> & {
  /** User `admin` of HAProxy's statistics page; empty in mode node-port. */
  statsPassword: Secret;
  dns: DnsOutput;
};

const schema: z.ZodType<Outputs> = outputsSchema.extend({
  statsPassword: z.string().transform((value) => new Secret(value)),
});

/** @returns the outputs, or what is wrong with them: a stack that is not up has none */
export function parseOutputs(values: Readonly<Record<string, unknown>>): Outputs | { problem: string } {
  const { success, data, error } = schema.safeParse(values);
  return success ? data : { problem: z.prettifyError(error) };
}
