/** Faults of a stack's settings, and the commands that fix them. */
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

/** The name that `pulumi config --path` takes. */
const pathOf = ([key, ...inside]: Path): string =>
  [
    String(key),
    ...inside.map((part) => {
      if (typeof part === "number") return `[${part}]`;
      return /^\w+$/.test(String(part)) ? `.${String(part)}` : `[${JSON.stringify(part)}]`;
    }),
  ].join("");

/** `path`, continued down to a plain value of the key's example, and that value. A part that the example lacks stands for its first. */
function exampleAt(path: Path): [path: PropertyKey[], value: unknown] {
  const [key = "", ...inside] = path;
  const { example, check } = settings[String(key)] ?? {};
  const whole = [key];
  let value = example ?? check?.parse(undefined);
  while (typeof value === "object" && value !== null) {
    const parts = new Map<PropertyKey, unknown>(Array.isArray(value) ? value.entries() : Object.entries(value));
    const [[first, firstValue] = [0, undefined]] = parts;
    const part = inside.shift() ?? first;
    whole.push(part);
    value = parts.get(part) ?? firstValue;
  }
  return [whole, value];
}

/** The commands that fix a stack's settings. */
export interface Fixes {
  /** Sets an example value. */
  set: (path: Path) => string;
  remove: (path: Path) => string;
}

export function fixesOf(project: string, stack: string): Fixes {
  const place = (path: Path): string =>
    path.length === 1 ? `${project}:${pathOf(path)}` : `--path '${project}:${pathOf(path)}'`;
  return {
    set(given) {
      const [path, value] = exampleAt(given);
      const start = `pulumi config set --stack ${stack}`;
      if (settings[String(path[0])]?.secret) return `${start} --secret ${place(path)} < ${String(value)}`;
      return `${start} ${place(path)} ${path.length === 1 ? String(value) : `'${String(value)}'`}`;
    },
    remove: (path) => `pulumi config rm --stack ${stack} ${place(path)}`,
  };
}
