/** Tags of hosted zones and health checks. */
import { z } from "zod";
import type { Account, Tags } from "../account";
import { action } from "../action";
import { findHealthCheck } from "./healthChecks";
import { xmlList } from "./xmlList";
import { findZone } from "./zones";

const tagged = { ResourceType: z.enum(["healthcheck", "hostedzone"]), ResourceId: z.string() };
const schema = z.strictObject(tagged);

/** @throws AwsError if there is none */
function find(account: Account, { ResourceType, ResourceId }: z.output<typeof schema>): { tags?: Tags } {
  return ResourceType === "healthcheck" ? findHealthCheck(account, ResourceId) : findZone(account, ResourceId);
}

export const listTagsForResource = action("reads", schema, (account, resource) => ({
  ResourceTagSet: {
    ...resource,
    Tags: { Tag: Object.entries(find(account, resource).tags ?? {}).map(([Key, Value]) => ({ Key, Value })) },
  },
}));

export const changeTagsForResource = action(
  "mutates",
  z.strictObject({
    ...tagged,
    AddTags: xmlList("Tag", z.strictObject({ Key: z.string(), Value: z.string().optional() })).optional(),
    RemoveTagKeys: xmlList("Key", z.string()).optional(),
  }),
  (account, { AddTags = [], RemoveTagKeys = [], ...resource }) => {
    const found = find(account, resource);
    const tags = { ...found.tags };
    for (const { Key, Value = "" } of AddTags) tags[Key] = Value;
    for (const key of RemoveTagKeys) Reflect.deleteProperty(tags, key);
    found.tags = tags;
    return {};
  },
);
