/** Reads and checks a stack's settings. Reports all faults at once, each with the command that fixes it. */
import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { crossCheck } from "./crossChecks";
import { defaults } from "./defaults";
import { canonicalDomain } from "./domainNames";
import {
  checkAt,
  ConfigError,
  type Fault,
  type Fixes,
  fixesOf,
  mended,
  nameOf,
  type Path,
  removed,
  type Value,
} from "./faults";
import { hostParts } from "./hosts";
import { schema, type Settings, type SshSettings } from "./schema";
import { closestOption, inner, isText, withScalarsOf } from "./scalars";
import { settings } from "./table";

export { ConfigError, type Fault } from "./faults";
export type { Settings, SshSettings, StackSettings } from "./schema";

const isKnown = (key: string): boolean => Object.hasOwn(settings, key);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The engine gives every value as text: lists, objects, numbers and booleans as JSON. */
function valueOf(key: string, value: string): unknown {
  const check = settings[key]?.check;
  return withScalarsOf(check, isText(check) ? value : parsed(value));
}

/** What stands at `path` inside a setting. */
const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (whole, part) =>
      typeof whole === "object" && whole !== null ? (whole as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  );

/** A NodePort beside the one that is taken. */
const otherPort = (taken: unknown, port: number): number =>
  [port, defaults.httpsNodePort, defaults.httpNodePort].find((each) => each !== taken) ?? port;

/** `text` or the nearest text to it that the check of `path` takes, if there is one. */
function accepted(path: Path, text: string): string | undefined {
  const check = checkAt(path);
  const takes = (value?: string): boolean =>
    value !== undefined && check instanceof z.ZodType && check.safeParse(withScalarsOf(check, value)).success;
  return [text, settings[String(path[0])]?.nearest?.(text, path.at(-1) ?? ""), closestOption(check, text)].find(takes);
}

/** The value that was meant, if the check takes it: of a list in one text, its parts. */
function meant(
  path: Path,
  found: unknown,
  { httpsNodePort, httpNodePort }: Readonly<Record<string, unknown>>,
): Value | undefined {
  if (path[0] === "httpsNodePort") return otherPort(httpNodePort, defaults.httpsNodePort);
  if (path[0] === "httpNodePort") return otherPort(httpsNodePort, defaults.httpNodePort);
  // YAML has taken the last zeros of a fraction, and nobody knows how many.
  const text = typeof found === "number" ? String(found) : found;
  if (typeof text !== "string") return undefined;
  if (!(inner(checkAt(path)) instanceof z.ZodArray)) return accepted(path, text);
  const words = text.replace(/^\s*\[|\]\s*$/g, "").split(/[\s,"']+/);
  const parts = words.filter((word) => word !== "").map((word) => accepted([...path, 0], word));
  return parts.length > 0 && parts.every((part) => part !== undefined) ? parts : undefined;
}

/** Whether the fix takes away what is at the issue's place: another form of it will not do, or it was to be nothing. */
function isRemoved({ code, path, ...issue }: z.core.$ZodIssue, values: unknown): boolean {
  if (code === "custom" && (issue as z.core.$ZodIssueCustom).params?.["remove"] === true) return true;
  const [found, check] = [at(values, path), checkAt(path)];
  // Without ssh the mode may be wrong.
  return (found === "" || found === null) && check instanceof z.ZodOptional && path.join() !== "ssh";
}

/** Sets the fields beside a host that were written into it. */
function besideHost(path: Path, found: unknown, set: (path: Path, value: string) => string): string[] {
  if (path.at(-1) !== "host" || typeof found !== "string") return [];
  const parts = hostParts(found);
  return (["user", "port"] as const).flatMap((name) => {
    const place = [...path.slice(0, -1), name];
    const value = parts?.[name] === undefined ? undefined : accepted(place, parts[name]);
    return value === undefined ? [] : [set(place, value)];
  });
}

/** @param values what was given, by key */
function faultsOfIssue(issue: z.core.$ZodIssue, fixes: Fixes, values: Readonly<Record<string, unknown>>): Fault[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((name) => ({
      key: nameOf([...path, name]),
      problem: "expected a known key, found this one",
      fix: fixes.remove([...path, name]),
    }));
  if (issue.code === "invalid_key")
    return [{ key: nameOf(path), problem: issue.issues[0]?.message ?? issue.message, fix: fixes.remove(path) }];
  if (isRemoved(issue, values)) return [{ key: nameOf(path), problem: issue.message, fix: fixes.remove(path) }];
  const [key = "", ...inside] = path;
  const given = values[String(key)];
  const found = at(given, inside);
  const set = (place: Path, value?: Value): string => fixes.set(place, given, value);
  return [
    {
      key: nameOf(path),
      problem: issue.message,
      fix: [set(path, meant(path, found, values)), ...besideHost(path, found, set)].join("; "),
    },
  ];
}

/**
 * @param project name of the project, which is the namespace of its keys
 * @param all every setting of the stack, as `pulumi.runtime.allConfig()` returns them; keys of other namespaces are ignored
 * @throws {ConfigError} naming every fault
 */
export function readConfig(project: string, all: Readonly<Record<string, string>>, stack: string): Settings {
  const fixes = fixesOf(project, stack);
  const given = Object.entries(all).flatMap(([key, value]) =>
    key.startsWith(`${project}:`) ? [[key.slice(project.length + 1), value] as const] : [],
  );
  const unknown = given
    .filter(([key]) => !isKnown(key))
    .map(([key]) => ({
      key,
      problem: `expected a known key, found '${key}'; the nearest is '${closest(key, Object.keys(settings))}'`,
      fix: fixes.remove([key]),
    }));
  const values = Object.fromEntries(
    given.filter(([key]) => isKnown(key)).map(([key, value]) => [key, valueOf(key, value)]),
  );
  const { data, error } = schema.safeParse(values);
  const issues = error?.issues ?? [];
  const wrong = new Set(issues.map(({ path }) => String(path[0])));
  // Checked against each other is what is there once each is right alone: so all faults are reported together.
  const fixed = issues.reduce<unknown>((whole, issue) => {
    const { path, code } = issue;
    if (code === "unrecognized_keys" || code === "invalid_key") return whole;
    if (isRemoved(issue, values)) return removed(whole, path);
    return mended(whole, path, meant(path, at(whole, path), values));
  }, values);
  const known = Object.fromEntries(
    Object.entries(settings).flatMap(([key, { check }]) => {
      const { success, data: value } = check.safeParse(at(fixed, [key]));
      return success ? [[key, value]] : [];
    }),
  );
  // With its repetitions: a fix names the place in the list as it was given.
  const listed = at(fixed, ["appDomains"]);
  if (Array.isArray(listed) && known["appDomains"] !== undefined) known["appDomains"] = listed.map(canonicalDomain);
  // A wrong ssh is a fault of its own, not a missing one, and its proxy is on the way.
  const ssh = (at(fixed, ["ssh"]) ?? {}) as SshSettings;
  const problems = crossCheck({ ...(wrong.has("ssh") ? { ssh } : {}), ...known });
  const between = problems.map(({ path, problem, value }) => ({
    key: nameOf(path),
    problem,
    fix: fixes.set(path, values[String(path[0])], value),
  }));
  const own: Fault[] = [...unknown, ...issues.flatMap((issue) => faultsOfIssue(issue, fixes, values))];
  // Of a key with a fault of its own, one fix serves both; of a list whose parts will not do, the example.
  const isInside = (key: string, whole: string): boolean => key.startsWith(`${whole}[`);
  const fixOf = ({ key, fix }: Fault): string =>
    between.find((other) => other.key === key)?.fix ??
    (between.some((other) => isInside(other.key, key)) ? fixes.set([key], values[key]) : fix);
  const faults: Fault[] = [
    ...own.map((fault) => ({ ...fault, fix: fixOf(fault) })),
    ...between.filter(({ key }) => own.every((fault) => fault.key !== key && !isInside(key, fault.key))),
  ];
  if (faults.length > 0 || data === undefined) throw new ConfigError(stack, faults);
  return data;
}
