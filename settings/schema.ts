/** The schema of a stack's settings and its types, made from the table. */
import { z } from "zod";
import { settings, type Table } from "./table";

type Shape = { [Key in keyof Table]: Table[Key]["check"] };

export const schema = z.strictObject(
  Object.fromEntries(Object.entries(settings).map(([key, { check }]) => [key, check])) as unknown as Shape,
);

/** A stack's settings with their defaults, checked one by one and against each other. */
export type Settings = z.output<typeof schema>;
export type SshSettings = NonNullable<Settings["ssh"]>;

/** An enum as a program writes it: its member or its word. */
type Word<T> = T extends string ? `${T}` : T;

/**
 * A stack's settings as a program gives them; keys with a default may be left out. A key of another namespace is written in full,
 * like `aws:region`.
 */
export type StackSettings = {
  [Key in keyof z.input<typeof schema>]: Word<z.input<typeof schema>[Key]>;
} & { [key: `${string}:${string}`]: unknown };
