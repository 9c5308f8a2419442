/** Filters of EC2's Describe calls: values of one filter are ORed, filters are ANDed. */
import { z } from "zod";
import type { Tags } from "./account";
import { invalidValue } from "./errors";
import { list } from "./parameters";

export const filterParameter = list(z.strictObject({ Name: z.string(), Value: list(z.string()) }));
export type Filters = z.output<typeof filterParameter>;

type Scalar = string | number | boolean | undefined;

/** The documented filters of one call: name → an item's values for it. */
export type FilterTable<Item> = Readonly<Record<string, (item: Item) => Scalar | readonly Scalar[]>>;

/** Whether a value matches a filter pattern: `*` is any text, `?` any character, a backslash escapes. */
export function fits(pattern: string, value: string): boolean {
  const source = pattern.replace(/\\([\\*?])|[\\^$.*+?()[\]{}|]/g, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return `\\${escaped}`;
    return found === "*" ? "[^]*" : found === "?" ? "[^]" : `\\${found}`;
  });
  return new RegExp(`^${source}$`).test(value);
}

/** The tag filters of every taggable resource. */
function tagValues(name: string, tags: Tags): readonly string[] | undefined {
  if (name === "tag-key") return Object.keys(tags);
  if (!name.startsWith("tag:")) return undefined;
  const value = tags[name.slice("tag:".length)];
  return value === undefined ? [] : [value];
}

/**
 * The matching items.
 * @throws AwsError if the call does not document a filter or a filter has no values
 */
export function filterBy<Item extends { tags: Tags }>(
  items: readonly Item[],
  filters: Filters,
  table: FilterTable<Item>,
): Item[] {
  for (const { Name, Value } of filters) {
    if (!Object.hasOwn(table, Name) && tagValues(Name, {}) === undefined)
      throw invalidValue(`The filter '${Name}' is invalid`);
    if (Value.length === 0) throw invalidValue(`The filter '${Name}' must have at least one value`);
  }
  return items.filter((item) =>
    filters.every(({ Name, Value }) => {
      const values = tagValues(Name, item.tags) ?? [table[Name]?.(item)].flat();
      return values.some((value) => value !== undefined && Value.some((pattern) => fits(pattern, String(value))));
    }),
  );
}
