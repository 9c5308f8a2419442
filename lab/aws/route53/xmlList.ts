/** Lists in Route 53's request bodies: repeated elements in a wrapper element, or empty text. */
import { z } from "zod";

/** Repeated elements, by path suffix; parsed as arrays even if there is only one. */
export const repeatedElements: readonly string[] = [
  "AddTags.Tag",
  "Changes.Change",
  "Regions.Region",
  "RemoveTagKeys.Key",
  "ResetElements.ResettableElementName",
  "ResourceRecords.ResourceRecord",
];

export function xmlList<Item extends z.ZodType>(element: string, item: Item): z.ZodType<z.output<Item>[]> {
  const wrapper = z
    .strictObject({ [element]: z.array(item).default([]) })
    .transform((members) => members[element] as z.output<Item>[]);
  return z.preprocess((value) => (value === "" ? {} : value), wrapper);
}
