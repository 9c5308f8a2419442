/** What users read about settings, rendered from the table: the configuration block of Pulumi.yaml and the README's table. */
import { format } from "prettier";
import { stringify } from "yaml";
import { z } from "zod";
import type { Setting } from "../../settings/table";

const hasDefault = ({ check }: Setting): boolean => check instanceof z.ZodDefault;
const isRequired = ({ check }: Setting): boolean => !check.safeParse(undefined).success;
const defaultOf = ({ check }: Setting): unknown => check.parse(undefined);

const modesOf = ({ modes = [] }: Setting): string => modes.join(", ");
/** Without code marks; a link in parentheses goes, another keeps its words. */
const withoutMarkup = (text: string): string =>
  text
    .replace(/ \(\[[^\]]+\]\([^)]+\)\)/g, "")
    .replace(/\[([^\]]+)\]\([^)]+\)/g, "$1")
    .replaceAll("`", "");

const description = (setting: Setting): string =>
  withoutMarkup(setting.text) +
  (setting.modes ? ` (${setting.modes.length === 1 ? "mode" : "modes"} ${modesOf(setting)})` : "");

/**
 * The defaults alone. Of a key without one Pulumi says that it is missing, and of a value of another type that it is, without a fix and before
 * the program can report all faults at once.
 */
export function projectFile(current: string, settings: Readonly<Record<string, Setting>>): Promise<string> {
  const keys = Object.entries(settings)
    .filter(([, setting]) => hasDefault(setting))
    .map(([key, setting]) => [key, { default: defaultOf(setting), description: description(setting) }]);
  const config = stringify({ config: Object.fromEntries(keys) as unknown }, { lineWidth: 0 });
  return format(
    current.replace(/^config:\n[\s\S]*/m, () => config),
    { parser: "yaml", printWidth: 120 },
  );
}

function unset(setting: Setting): string {
  if (isRequired(setting)) return "required";
  if (!hasDefault(setting)) return setting.unset ?? "";
  const value = defaultOf(setting);
  return `\`${typeof value === "string" && value !== "" ? value : JSON.stringify(value)}\``;
}

/** The README with the table of settings anew. */
export function readme(current: string, settings: Readonly<Record<string, Setting>>): Promise<string> {
  const rows = Object.entries(settings).map(([key, setting]) =>
    ["", `\`${key}\``, unset(setting), modesOf(setting) || "all", setting.text, ""].join(" | ").trim(),
  );
  const table = ["| key | default | modes | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
  const changed = current.replace(/(?<=### Settings\n\n[^|]*)\|[\s\S]*?\n(?=\n)/, () => `${table}\n`);
  return format(changed, { parser: "markdown", printWidth: 120 });
}
