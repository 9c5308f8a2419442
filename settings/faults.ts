/** Faults of a stack's settings, and the commands that fix them. */
import { z } from "zod";
import { inner } from "./scalars";
import { settings } from "./table";

export interface Fault {
  /** The key as `pulumi config` names it, with its path: `ssh.hostKey`. */
  key: string;
  /** What was expected and what was found. */
  problem: string;
  /** The command that fixes it. */
  fix: string;
}

/** The settings of a stack cannot work; nothing has been touched. */
export class ConfigError extends Error {
  constructor(
    stackName: string,
    readonly faults: readonly Fault[],
  ) {
    const lines = faults.map(({ key, problem, fix }) => `  ${key}: ${problem}\n    fix: ${fix}`);
    const count = faults.length === 1 ? "1 setting" : `${faults.length} settings`;
    super(`${count} of stack '${stackName}' cannot work; nothing was changed:\n${lines.join("\n")}`);
    this.name = "ConfigError";
  }
}

/** A key of the settings and what is inside its value: `["appDomains", 0]`. */
export type Path = readonly PropertyKey[];

/** The name that messages show. */
export const nameOf = (path: Path): string =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .slice(1);

/**
 * A part of the name that `pulumi config --path` takes; undefined if there is none for it. Of a name in brackets the engine unescapes `\"`
 * and nothing else (pulumi sdk/go/common/resource/properties_path.go).
 */
function stepOf(part: PropertyKey): string | undefined {
  if (typeof part === "number") return `[${part}]`;
  const name = String(part);
  if (/^[^.[]+$/.test(name)) return `.${name}`;
  return name.endsWith("\\") ? undefined : `["${name.replaceAll('"', '\\"')}"]`;
}

/** The name that `pulumi config --path` takes. */
function pathOf([key, ...inside]: Path): string | undefined {
  const steps = inside.map(stepOf);
  return steps.includes(undefined) ? undefined : [String(key), ...steps].join("");
}

/**
 * Text as one word of sh and of PowerShell, where typographic quotes count as plain ones (about_Quoting_Rules); undefined if they have no
 * form in common.
 */
function quoted(text: string): string | undefined {
  if (/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text)) return undefined;
  if (!/['\u2018-\u201b]/.test(text)) return `'${text}'`;
  return /["\u201c-\u201e$`\\!]/.test(text) ? undefined : `"${text}"`;
}

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;
const partsOf = (value: object): Map<PropertyKey, unknown> =>
  new Map<PropertyKey, unknown>(Array.isArray(value) ? value.entries() : Object.entries(value));

/** The check of a part of what `check` checks. */
function checkOf(check: unknown, part: PropertyKey): unknown {
  const whole = inner(check);
  if (whole instanceof z.ZodArray) return whole.element;
  if (whole instanceof z.ZodRecord) return whole.valueType;
  return whole instanceof z.ZodObject ? (whole.shape as Readonly<Record<PropertyKey, unknown>>)[part] : undefined;
}

/** The check of what is at `path`. */
export const checkAt = ([key, ...inside]: Path): unknown =>
  inside.reduce<unknown>((check, part) => checkOf(check, part), settings[String(key)]?.check);

const isRequired = (check: unknown): boolean => !(check instanceof z.ZodOptional || check instanceof z.ZodDefault);

interface Leaf {
  path: PropertyKey[];
  value: unknown;
}

/** What to set in `value`, an example: of an object every field that it must have, of a list or record one. */
function leaves(path: PropertyKey[], value: unknown, check: unknown): Leaf[] {
  if (!isContainer(value)) return [{ path, value }];
  const parts = [...partsOf(value)].map(([part, each]) => ({ part, each, check: checkOf(check, part) }));
  const wanted = inner(check) instanceof z.ZodObject ? parts.filter((one) => isRequired(one.check)) : parts.slice(0, 1);
  return wanted.flatMap((one) => leaves([...path, one.part], one.each, one.check));
}

/** The plain values to set at `path`, from the key's example. A part that the example lacks stands for its first. */
function examplesAt([key = "", ...inside]: Path): Leaf[] {
  const { example, check } = settings[String(key)] ?? {};
  let [value, inValue]: [unknown, unknown] = [example ?? check?.parse(undefined), check];
  const whole: PropertyKey[] = [key];
  for (const part of inside) {
    if (!isContainer(value)) break;
    const parts = partsOf(value);
    value = parts.get(part) ?? [...parts.values()][0];
    inValue = checkOf(inValue, part);
    whole.push(part);
  }
  return leaves(whole, value, inValue);
}

/**
 * The part of `found` that must go before the engine can set `path`: a list or map in the place of the other, or inside a
 * setting also a scalar. A setting that is a scalar as a whole is replaced by the engine itself.
 */
function inTheWay([key = "", ...inside]: Path, found: unknown): Path | undefined {
  const place: PropertyKey[] = [key];
  for (const part of inside) {
    if (found === undefined || (!isContainer(found) && place.length === 1)) return undefined;
    if (!isContainer(found) || Array.isArray(found) !== (typeof part === "number")) return place;
    place.push(part);
    found = partsOf(found).get(part);
  }
  return undefined;
}

/** `whole` with `value` at `path`, whatever stands in the way. */
function withAt(whole: unknown, [part, ...inside]: Path, value: unknown): unknown {
  if (part === undefined) return value;
  const list = typeof part === "number";
  const there = isContainer(whole) && Array.isArray(whole) === list ? whole : list ? [] : {};
  const next = withAt((there as Record<PropertyKey, unknown>)[part], inside, value);
  return list ? Object.assign([...(there as unknown[])], { [part]: next }) : { ...there, [part]: next };
}

/** What a fix sets: of a list, its parts. */
export type Value = string | number | readonly string[];

/** What to set at `path`: `value`, or else the example. */
function leavesFor(path: Path, value: Value | undefined): Leaf[] {
  if (value === undefined) return examplesAt(path);
  return typeof value === "object"
    ? value.map((each, index) => ({ path: [...path, index], value: each }))
    : [{ path: [...path], value }];
}

/** The settings as the fix at `path` leaves them. */
export const mended = (values: unknown, path: Path, value?: Value): unknown =>
  leavesFor(path, value).reduce((whole, leaf) => withAt(whole, leaf.path, leaf.value), values);
export const removed = (values: unknown, path: Path): unknown => withAt(values, path, undefined);

/** The commands that fix a stack's settings. They are the same in sh and in PowerShell 7.3, the first to leave `"` in arguments. */
export interface Fixes {
  /**
   * Sets a value.
   * @param found what the setting is now
   * @param value instead of an example
   */
  set: (path: Path, found?: unknown, value?: Value) => string;
  remove: (path: Path) => string;
}

export function fixesOf(project: string, stack: string): Fixes {
  const place = (path: Path): string | undefined => {
    const inside = pathOf(path);
    if (inside === undefined) return undefined;
    const name = `${project}:${inside}`;
    if (path.length === 1 && /^[\w:.-]+$/.test(name)) return name;
    const word = quoted(name);
    return word === undefined || path.length === 1 ? word : `--path ${word}`;
  };
  /** Of what no command can name, the whole that it is in. */
  const remove = (path: Path): string => {
    const named = path.map((_, index) => place(path.slice(0, path.length - index))).find((each) => each !== undefined);
    return named === undefined
      ? `take it out of Pulumi.${stack.split("/").at(-1)}.yaml`
      : `pulumi config rm --stack ${stack} ${named}`;
  };
  const setOne = ({ path, value }: Leaf): string => {
    const start = `pulumi config set --stack ${stack}`;
    // PowerShell has no `<`.
    if (settings[String(path[0])]?.secret) return `cat ${String(value)} | ${start} --secret ${place(path)}`;
    return `${start} ${place(path)} ${path.length === 1 ? String(value) : `'${String(value)}'`}`;
  };
  return {
    set(given, found, value) {
      if (place(given) === undefined) return remove(given);
      const all = leavesFor(given, value);
      const obstacle = inTheWay(all[0]?.path ?? given, found);
      return [...(obstacle ? [remove(obstacle)] : []), ...all.map(setOne)].join("; ");
    },
    remove,
  };
}
