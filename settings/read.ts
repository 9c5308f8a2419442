/** Reads and checks a stack's settings. Reports all faults at once, each with the command that fixes it. */
import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { crossCheck } from "./crossChecks";
import { defaults } from "./defaults";
import { canonicalDomain } from "./domainNames";
import { checkAt, ConfigError, type Fault, type Fixes, fixesOf, mended, nameOf, type Path } from "./faults";
import { schema, type Settings, type SshSettings } from "./schema";
import { isText, withScalarsOf } from "./scalars";
import { settings } from "./table";

export { ConfigError, type Fault } from "./faults";
export type { Settings, SshSettings, StackSettings } from "./schema";

const isKnown = (key: string): boolean => Object.hasOwn(settings, key);

/** The engine gives every value as text: lists, objects, numbers and booleans as JSON. */
function valueOf(key: string, value: string): unknown {
  const check = settings[key]?.check;
  if (isText(check)) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return withScalarsOf(check, parsed);
  } catch {
    return value;
  }
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

/** The value that was meant, if the check takes it. */
function meant(
  path: Path,
  found: unknown,
  { httpsNodePort, httpNodePort }: Readonly<Record<string, unknown>>,
): string | number | undefined {
  if (path[0] === "httpsNodePort") return otherPort(httpNodePort, defaults.httpsNodePort);
  if (path[0] === "httpNodePort") return otherPort(httpsNodePort, defaults.httpNodePort);
  // YAML has taken the last zeros of a fraction, and nobody knows how many.
  const value = typeof found === "number" ? String(found) : settings[String(path[0])]?.nearest?.(found);
  const check = checkAt(path);
  return value !== undefined && check instanceof z.ZodType && check.safeParse(value).success ? value : undefined;
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
  if (issue.code === "custom" && issue.params?.["remove"] === true)
    return [{ key: nameOf(path), problem: issue.message, fix: fixes.remove(path) }];
  const [key = "", ...inside] = path;
  const given = values[String(key)];
  return [
    { key: nameOf(path), problem: issue.message, fix: fixes.set(path, given, meant(path, at(given, inside), values)) },
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
  const fixed = issues.reduce<unknown>((whole, { path, code }) => {
    if (code === "unrecognized_keys" || code === "invalid_key") return whole;
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
  // Of a key with a fault of its own, one fix serves both.
  const faults: Fault[] = [
    ...own.map((fault) => ({ ...fault, fix: between.find(({ key }) => key === fault.key)?.fix ?? fault.fix })),
    ...between.filter(({ key }) => own.every((fault) => fault.key !== key)),
  ];
  if (faults.length > 0 || data === undefined) throw new ConfigError(stack, faults);
  return data;
}
