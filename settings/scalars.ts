/**
 * Scalars as the settings want them. YAML and `pulumi config set --path` make a number of `4711` and a boolean of `true`
 * (https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/), also if the setting is text.
 */
import { closest } from "fastest-levenshtein";
import { z } from "zod";

/** The check inside defaults and optional ones. */
export function inner(check: unknown): unknown {
  while (check instanceof z.ZodDefault || check instanceof z.ZodOptional) check = check.unwrap();
  return check;
}

/** True for a check of text, even if the text looks like a number. */
export const isText = (check: unknown): boolean => {
  const wanted = inner(check);
  return wanted instanceof z.ZodString || wanted instanceof z.ZodEnum;
};

/** `dualIp`, `DUAL_IP` and `dual ip` are `dual-ip`. */
const plain = (word: string): string => word.toLowerCase().replace(/[\s_-]/g, "");

function scalarFor(wanted: unknown, value: unknown): unknown {
  // A fraction may have lost its last zeros, and a large integer its last digits.
  if (isText(wanted) && (typeof value === "boolean" || Number.isSafeInteger(value))) return String(value);
  if (typeof value !== "string") return value;
  const word = value.trim();
  if (wanted instanceof z.ZodNumber && /^[1-9]\d{0,14}$/.test(word)) return Number(word);
  // As YAML 1.1 has them, too.
  if (wanted instanceof z.ZodBoolean && /^(?:true|yes|on)$/i.test(word)) return true;
  if (wanted instanceof z.ZodBoolean && /^(?:false|no|off)$/i.test(word)) return false;
  if (wanted instanceof z.ZodEnum)
    return wanted.options.find((option) => plain(String(option)) === plain(word)) ?? value;
  return value;
}

/** The option of an enum that is nearest to a word. */
export function closestOption(check: unknown, word: string): string | undefined {
  const wanted = inner(check);
  return wanted instanceof z.ZodEnum ? closest(word, wanted.options.map(String)) : undefined;
}

/** `value` with every scalar in the type that `check` wants, if there is only one way to read it. */
export function withScalarsOf(check: unknown, value: unknown): unknown {
  const wanted = inner(check);
  if (Array.isArray(value))
    return wanted instanceof z.ZodArray ? value.map((each) => withScalarsOf(wanted.element, each)) : value;
  if (typeof value !== "object" || value === null) return scalarFor(wanted, value);
  const entries = Object.entries(value);
  if (wanted instanceof z.ZodRecord)
    return Object.fromEntries(entries.map(([key, each]) => [key, withScalarsOf(wanted.valueType, each)]));
  if (!(wanted instanceof z.ZodObject)) return value;
  const shape = wanted.shape as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    entries.map(([key, each]) => [key, Object.hasOwn(shape, key) ? withScalarsOf(shape[key], each) : each]),
  );
}
