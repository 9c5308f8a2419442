/** Lists and tags in the Query protocol of ELB and Auto Scaling: `Name.member.1`, and `<member>` in responses. */
import { z } from "zod";
import type { Tags } from "./account";
import type { Answer, AnswerValue } from "./action";
import { list } from "./parameters";

/** A list parameter; absent means empty, and so does the empty string that SDKs send for an empty list. */
export function members<Item extends z.ZodType>(item: Item): z.ZodType<z.output<Item>[]> {
  return z
    .union([z.literal(""), z.strictObject({ member: list(item) })])
    .optional()
    .transform((value) => (value as { member?: z.output<Item>[] } | undefined)?.member ?? []) as unknown as z.ZodType<
    z.output<Item>[]
  >;
}

/** A list in a response. */
export const memberList = (items: AnswerValue[]): Answer => ({ member: items });

export const tagMembers = members(z.strictObject({ Key: z.string(), Value: z.string().optional() }));

export const tagsOf = (given: z.output<typeof tagMembers>): Tags =>
  Object.fromEntries(given.map(({ Key, Value = "" }) => [Key, Value]));

/** Key–value pairs, such as attributes and tags. */
export const pairs = (values: Readonly<Record<string, string>>): Answer =>
  memberList(Object.entries(values).map(([Key, Value]) => ({ Key, Value })));
