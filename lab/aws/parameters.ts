/**
 * Parameters of a call as a tree of strings, independent of the protocol, and building blocks for the actions' schemas.
 * Schemas are strict: an action rejects parameters that it does not implement, so that no test passes because one was
 * ignored.
 */
import { z } from "zod";
import { AwsError, missingParameter } from "./errors";

export type Parameter = string | Parameter[] | { [name: string]: Parameter };
export type Parameters = Record<string, Parameter>;

export const boolean = z.enum(["true", "false"]).transform((value) => value === "true");

export const integer = z
  .string()
  .regex(/^-?\d{1,10}$/, "It is not an integer")
  .transform(Number);

/** A Query protocol list, `Name.1`, `Name.2`, …; absent means empty. */
export function list<Item extends z.ZodType>(item: Item): z.ZodType<z.output<Item>[]> {
  return z
    .record(z.string().regex(/^[1-9]\d*$/), item)
    .optional()
    .transform((members) =>
      Object.entries(members ?? {})
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([, member]) => member as z.output<Item>),
    ) as unknown as z.ZodType<z.output<Item>[]>;
}

/** A list with at least one member. */
export function someOf<Item extends z.ZodType>(item: Item): z.ZodType<z.output<Item>[]> {
  return list(item).refine((members) => members.length > 0, "It is empty");
}

/**
 * Reads `Filter.1.Name=…` pairs into a tree.
 * @throws AwsError if a name is both a value and a structure, or occurs twice
 */
export function readForm(pairs: Iterable<[string, string]>): Parameters {
  const tree: Parameters = {};
  for (const [name, value] of pairs) {
    const malformed = new AwsError("MalformedQueryString", `The query string contains the parameter ${name} twice`);
    const path = name.split(".");
    const last = path.pop() ?? "";
    let place: Record<string, Parameter> = tree;
    for (const step of path) {
      if (!Object.hasOwn(place, step)) define(place, step, {});
      const next = place[step];
      if (typeof next !== "object" || Array.isArray(next)) throw malformed;
      place = next;
    }
    if (Object.hasOwn(place, last)) throw malformed;
    define(place, last, value);
  }
  return tree;
}

/** Plain assignment to `__proto__` would set the prototype. */
function define(place: Record<string, Parameter>, name: string, value: Parameter): void {
  Object.defineProperty(place, name, { value, enumerable: true, configurable: true, writable: true });
}

/** The inverse of `readForm`: one pair per value. List members count from 1. */
export function flatten(tree: Parameter, path: readonly string[] = []): [string, string][] {
  if (typeof tree === "string") return [[path.join("."), tree]];
  const first = Array.isArray(tree) ? 1 : 0;
  return Object.entries(tree).flatMap(([name, value]) =>
    flatten(value, [...path, first ? String(Number(name) + first) : name]),
  );
}

function at(tree: Parameter, path: readonly PropertyKey[]): Parameter | undefined {
  return path.reduce<Parameter | undefined>(
    (place, step) => (typeof place === "object" ? (place as Record<PropertyKey, Parameter>)[step] : undefined),
    tree,
  );
}

/**
 * Validates a call's parameters against an action's schema.
 * @throws AwsError `UnknownParameter`, `MissingParameter` or `InvalidParameterValue`, in this order, for the first
 * error
 */
export function checkParameters<Schema extends z.ZodType>(schema: Schema, parameters: Parameters): z.output<Schema> {
  const { success, data, error } = schema.safeParse(parameters);
  if (success) return data;
  const nameOf = (path: readonly PropertyKey[]): string => path.map(String).join(".");
  for (const issue of error.issues) {
    if (issue.code === "unrecognized_keys") {
      const [key = ""] = issue.keys;
      throw new AwsError("UnknownParameter", `The parameter ${nameOf([...issue.path, key])} is not recognized`);
    }
    if (issue.code === "invalid_key") {
      throw new AwsError("UnknownParameter", `The parameter ${nameOf(issue.path)} is not recognized`);
    }
  }
  const missing = error.issues.find(({ path }) => at(parameters, path) === undefined);
  if (missing) throw missingParameter(nameOf(missing.path));
  const [issue] = error.issues;
  const value = at(parameters, issue?.path ?? []);
  throw new AwsError(
    "InvalidParameterValue",
    `Value (${typeof value === "string" ? value : "a structure"}) for parameter ${nameOf(issue?.path ?? [])} is invalid. ${issue?.message}`,
  );
}
