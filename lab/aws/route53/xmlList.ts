/** Lists in Route 53's request bodies: a wrapper element around repeated ones, empty text when there is none. */
import { z } from "zod";

/** Repeated elements, by the end of their path; they are read as arrays even when there is one. */
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
