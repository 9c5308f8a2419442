/** Tags of ELB resources: separate calls, by ARN. */
import type { Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Properties } from "../resource";
import { elbClient, elbSdk } from "./client";
import { tagProperties } from "./tags";

type Tags = Record<string, string>;
const tagsOf = (properties: Properties): Tags => (properties["tags"] ?? {}) as Tags;

/** Tags for a create call. */
export function elbTags(inputs: Properties): { Tags?: Tag[] } {
  const list = Object.entries(tagsOf(inputs)).map(([Key, Value]) => ({ Key, Value }));
  return list.length > 0 ? { Tags: list } : {};
}

export async function readElbTags(arn: string): Promise<ReturnType<typeof tagProperties>> {
  const sdk = elbSdk();
  const { TagDescriptions = [] } = await elbClient().send(new sdk.DescribeTagsCommand({ ResourceArns: [arn] }));
  return tagProperties(
    Object.fromEntries((TagDescriptions[0]?.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value])),
  );
}

export async function updateElbTags(arn: string, olds: Properties, news: Properties): Promise<void> {
  const [before, after] = [tagsOf(olds), tagsOf(news)];
  const removed = Object.keys(before).filter((key) => !(key in after));
  const changed = Object.entries(after).filter(([key, value]) => before[key] !== value);
  const sdk = elbSdk();
  if (removed.length > 0) await elbClient().send(new sdk.RemoveTagsCommand({ ResourceArns: [arn], TagKeys: removed }));
  if (changed.length > 0)
    await elbClient().send(
      new sdk.AddTagsCommand({ ResourceArns: [arn], Tags: changed.map(([Key, Value]) => ({ Key, Value })) }),
    );
}
