/** Tags of EC2 resources. */
import { z } from "zod";
import type { Account, Tags } from "../account";
import type { Answer } from "../action";
import { AwsError, invalidValue, notFound } from "../errors";
import { filterBy } from "../filters";
import { page } from "../paging";
import { list, someOf } from "../parameters";
import { ec2Change, ec2List } from "./ec2Action";

const tagParameter = z.strictObject({ Key: z.string(), Value: z.string().optional() });
type Tag = z.output<typeof tagParameter>;

/** Tags to set at creation. */
export const tagSpecification = list(z.strictObject({ ResourceType: z.string(), Tag: list(tagParameter) }));

/** Enforces AWS's limits: keys of 1–128 characters, values up to 256, no `aws:` prefix, at most 50 tags. */
function addTags(tags: Tags, added: readonly Tag[]): void {
  for (const { Key, Value = "" } of added) {
    if (Key === "" || Key.length > 128) throw invalidValue(`Tag key must have from 1 to 128 characters: '${Key}'`);
    if (Value.length > 256) throw invalidValue(`Tag value exceeds the maximum length of 256 characters: '${Value}'`);
    if (/^aws:/i.test(Key)) throw invalidValue("Tag keys starting with 'aws:' are reserved for internal use");
    tags[Key] = Value;
  }
  if (Object.keys(tags).length > 50)
    throw new AwsError("TagLimitExceeded", "The maximum number of tags for the resource, 50, has been reached.");
}

export function tagsOf(specifications: z.output<typeof tagSpecification>, resourceType: string): Tags {
  const tags: Tags = {};
  for (const specification of specifications) {
    if (specification.ResourceType !== resourceType)
      throw invalidValue(`'${specification.ResourceType}' is not a valid taggable resource type for this operation.`);
    addTags(tags, specification.Tag);
  }
  return tags;
}

export function tagSet(tags: Tags): Answer[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

interface Tagged {
  resourceId: string;
  resourceType: string;
  tags: Tags;
}

function taggedResources(account: Account): Tagged[] {
  const of = <Item extends { tags: Tags }>(
    resourceType: string,
    items: readonly Item[],
    idOf: (item: Item) => string,
  ): Tagged[] => items.map((item) => ({ resourceId: idOf(item), resourceType, tags: item.tags }));
  return [
    ...of("elastic-ip", account.addresses, ({ allocationId }) => allocationId),
    ...of("instance", account.instances, ({ instanceId }) => instanceId),
    ...of("network-interface", account.networkInterfaces, ({ networkInterfaceId }) => networkInterfaceId),
    ...of("security-group", account.securityGroups, ({ groupId }) => groupId),
    ...of("security-group-rule", account.securityGroupRules, ({ securityGroupRuleId }) => securityGroupRuleId),
    ...of("subnet", account.subnets, ({ subnetId }) => subnetId),
    ...of("vpc", account.vpcs, ({ vpcId }) => vpcId),
  ];
}

const kinds = {
  eipalloc: "address",
  i: "instance",
  eni: "networkInterface",
  sg: "group",
  sgr: "rule",
  subnet: "subnet",
  vpc: "vpc",
} as const;

function findResource(account: Account, id: string): Tagged {
  const found = taggedResources(account).find(({ resourceId }) => resourceId === id);
  if (found) return found;
  const prefix = id.split("-")[0] ?? "";
  if (!Object.hasOwn(kinds, prefix)) throw new AwsError("InvalidID", `The ID '${id}' is not valid`);
  throw notFound(kinds[prefix as keyof typeof kinds], id);
}

export const createTags = ec2Change(
  { ResourceId: someOf(z.string()), Tag: someOf(tagParameter) },
  (account, request) => {
    for (const id of request.ResourceId) addTags(findResource(account, id).tags, request.Tag);
    return { return: true };
  },
);

/** Deletes a tag given with a value only if the value matches; without tags, deletes all. */
export const deleteTags = ec2Change({ ResourceId: someOf(z.string()), Tag: list(tagParameter) }, (account, request) => {
  for (const id of request.ResourceId) {
    const { tags } = findResource(account, id);
    const named = request.Tag.length > 0 ? request.Tag : Object.keys(tags).map((Key): Tag => ({ Key }));
    for (const { Key, Value } of named)
      if (Value === undefined || tags[Key] === Value) Reflect.deleteProperty(tags, Key);
  }
  return { return: true };
});

export const describeTags = ec2List({}, (account, request) => {
  const single = taggedResources(account).flatMap(({ resourceId, resourceType, tags }) =>
    Object.entries(tags).map(([key, value]) => ({ resourceId, resourceType, key, value, tags: { [key]: value } })),
  );
  const found = filterBy(single, request.Filter, {
    key: ({ key }) => key,
    "resource-id": ({ resourceId }) => resourceId,
    "resource-type": ({ resourceType }) => resourceType,
    value: ({ value }) => value,
  });
  const { items, nextToken } = page(found, request);
  return {
    tagSet: items.map(({ resourceId, resourceType, key, value }) => ({ resourceId, resourceType, key, value })),
    nextToken,
  };
});
