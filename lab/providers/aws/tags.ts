/** Converts tags between Pulumi's map and AWS's list. */
import type { ResourceType as TaggedType, Tag } from "@aws-sdk/client-ec2";
import type { Properties } from "../resource";
import { ec2Client, ec2Sdk } from "./client";

type Tags = Record<string, string>;

const tagsOf = (properties: Properties): Tags => (properties["tags"] ?? {}) as Tags;
const toList = (tags: Tags): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** Omits AWS's own tags. */
export function fromList(list: Tag[] | undefined): Tags {
  return Object.fromEntries(
    (list ?? []).filter(({ Key }) => !Key?.startsWith("aws:")).map(({ Key = "", Value = "" }) => [Key, Value]),
  );
}

/** Tags for a create call. */
export function tagSpecification(
  type: TaggedType,
  inputs: Properties,
): { TagSpecifications?: { ResourceType: TaggedType; Tags: Tag[] }[] } {
  const tags = toList(tagsOf(inputs));
  return tags.length > 0 ? { TagSpecifications: [{ ResourceType: type, Tags: tags }] } : {};
}

/** Updates a resource's tags from the old to the new ones. */
export async function updateTags(id: string, olds: Properties, news: Properties): Promise<void> {
  const [before, after] = [tagsOf(olds), tagsOf(news)];
  const removed = Object.entries(before).filter(([key]) => !(key in after));
  const changed = Object.entries(after).filter(([key, value]) => before[key] !== value);
  const sdk = ec2Sdk();
  if (removed.length > 0)
    await ec2Client().send(new sdk.DeleteTagsCommand({ Resources: [id], Tags: toList(Object.fromEntries(removed)) }));
  if (changed.length > 0)
    await ec2Client().send(new sdk.CreateTagsCommand({ Resources: [id], Tags: toList(Object.fromEntries(changed)) }));
}

/** The tag outputs of a resource; `tags` is absent if there are none. */
export function tagProperties(tags: Tags): { tags: Tags | undefined; tagsAll: Tags } {
  return { tags: Object.keys(tags).length > 0 ? tags : undefined, tagsAll: tags };
}

/** The tag outputs from the inputs, for a type that is not read after creation. */
export function givenTags(inputs: Properties): { tags: Tags | undefined; tagsAll: Tags } {
  return tagProperties(tagsOf(inputs));
}
