/** Lists and tags as the Query protocol of ELB and Auto Scaling has them: `Name.member.1`, and `<member>` in answers. */
import { z } from "zod";
import type { Tags } from "./account";
import type { Answer, AnswerValue } from "./action";
import { list } from "./parameters";

/** A list parameter; absent is empty, and so is the empty text that SDKs send for a list without members. */
export function members<Item extends z.ZodType>(item: Item): z.ZodType<z.output<Item>[]> {
  return z
    .union([z.literal(""), z.strictObject({ member: list(item) })])
    .optional()
    .transform((value) => (value as { member?: z.output<Item>[] } | undefined)?.member ?? []) as unknown as z.ZodType<
    z.output<Item>[]
  >;
}

/** A list in an answer. */
export const memberList = (items: AnswerValue[]): Answer => ({ member: items });

export const tagMembers = members(z.strictObject({ Key: z.string(), Value: z.string().optional() }));

export const tagsOf = (given: z.output<typeof tagMembers>): Tags =>
  Object.fromEntries(given.map(({ Key, Value = "" }) => [Key, Value]));

/** Name–value pairs, as attributes and tags are. */
export const pairs = (values: Readonly<Record<string, string>>): Answer =>
  memberList(Object.entries(values).map(([Key, Value]) => ({ Key, Value })));
