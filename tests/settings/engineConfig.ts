/** What `pulumi config set` and `rm` of the pinned engine do to a stack's settings (sdk/go/common/resource/config and properties_path.go). */
import assert from "node:assert/strict";
import { type Config, hostKey, key, project } from "./typed";
import type { Call } from "./pasted";

type Part = string | number;

/** @throws as the engine does, for what is no path */
function partsOf(path: string): Part[] {
  const parts: Part[] = [];
  for (let rest = path; rest !== "";) {
    const [whole = "", index, quoted, plain] =
      /^(?:\[(\d+)\]|\["((?:\\"|[^"])*)"\]|\.?([^.[]+))/.exec(rest) ?? assert.fail(`no path: ${path}`);
    if (index !== undefined) parts.push(Number(index));
    else parts.push(plain ?? quoted?.replaceAll('\\"', '"') ?? "");
    rest = rest.slice(whole.length);
  }
  return parts;
}

/** What `pulumi config set --path` makes of a value. */
const scalarOf = (value: string): unknown =>
  /^(?:true|false)$/.test(value) ? value === "true" : /^-?(?:0|[1-9]\d{0,17})$/.test(value) ? Number(value) : value;

const isContainer = (value: unknown): value is Record<Part, unknown> => typeof value === "object" && value !== null;

/** @throws as the engine does, for what stands in the way */
function setAt(config: Config, [first = "", ...inside]: Part[], value: unknown): void {
  let whole: Record<Part, unknown> = config;
  let last: Part = first;
  for (const part of inside) {
    const there = whole[last];
    if (there === undefined || (whole === config && !isContainer(there)))
      whole[last] = typeof part === "number" ? [] : {};
    const next = whole[last];
    assert.ok(isContainer(next), `${last}: expected a map`);
    assert.equal(Array.isArray(next), typeof part === "number", "a list and a map take different parts");
    if (Array.isArray(next)) assert.ok((part as number) <= next.length, `[${part}]: array index out of range`);
    [whole, last] = [next, part];
  }
  whole[last] = value;
}

function removeAt(config: Config, path: Part[]): void {
  const last = path.at(-1) ?? "";
  const whole = path.slice(0, -1).reduce<unknown>((each, part) => (isContainer(each) ? each[part] : undefined), config);
  if (Array.isArray(whole)) whole.splice(Number(last), 1);
  else if (isContainer(whole)) Reflect.deleteProperty(whole, last);
}

/** Does to the settings what a call of `pulumi` does. What a person has to fill in is filled in. */
export function apply(config: Config, { args, file }: Call): void {
  const [, verb, ...rest] = args;
  assert.deepEqual([args[0], rest.splice(0, 2)], ["config", ["--stack", "prod"]]);
  const options = rest.filter((word) => word.startsWith("--"));
  const [name = "", value, ...more] = rest.filter((word) => !word.startsWith("--"));
  assert.deepEqual([more, name.startsWith(`${project}:`)], [[], true]);
  const place = name.slice(project.length + 1);
  const path = options.includes("--path");
  const parts = path ? partsOf(place) : [place];
  if (verb === "rm") removeAt(config, parts);
  else if (options.includes("--secret")) {
    assert.ok(file !== undefined && value === undefined, "a secret is read from its file");
    setAt(config, parts, key);
  } else {
    assert.ok(verb === "set" && value !== undefined, args.join(" "));
    const typed = value.replace("ssh-ed25519 AAAA…", hostKey);
    setAt(config, parts, path ? scalarOf(typed) : typed);
  }
}
