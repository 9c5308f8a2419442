/** Hosted zones and their tags. */
import { z } from "zod";
import type { Account, HostedZone } from "../account";
import { action, type Answer } from "../action";
import { AwsError } from "../errors";
import { xmlList } from "./xmlList";

/** Name servers of every zone of the lab. */
export const nameServers = ["ns-1.awsdns-00.org", "ns-2.awsdns-00.co.uk", "ns-3.awsdns-00.com", "ns-4.awsdns-00.net"];

/** @throws AwsError where there is none. */
export function findZone(account: Account, id: string): HostedZone {
  const found = account.hostedZones.find(({ zoneId }) => zoneId === id);
  if (!found) throw new AwsError("NoSuchHostedZone", `No hosted zone found with ID: ${id}`, 404);
  return found;
}

/** The official provider reads `Config` without looking whether it is there. */
const zoneData = ({ zoneId, name, records }: HostedZone): Answer => ({
  Id: `/hostedzone/${zoneId}`,
  Name: name,
  CallerReference: `kops-${zoneId}`,
  Config: { PrivateZone: false },
  ResourceRecordSetCount: records.length,
});

export const getHostedZone = action("reads", z.strictObject({ Id: z.string() }), (account, { Id }) => ({
  HostedZone: zoneData(findZone(account, Id)),
  DelegationSet: { NameServers: { NameServer: nameServers } },
}));

const pageSize = z.coerce.number().int().min(1).max(100);

export const listHostedZones = action(
  "reads",
  z.strictObject({ marker: z.string().optional(), maxitems: pageSize.default(100) }),
  (account, { marker, maxitems }) => {
    const start = marker === undefined ? 0 : account.hostedZones.indexOf(findZone(account, marker));
    const next = account.hostedZones[start + maxitems];
    return {
      HostedZones: { HostedZone: account.hostedZones.slice(start, start + maxitems).map(zoneData) },
      Marker: marker,
      IsTruncated: next !== undefined,
      NextMarker: next?.zoneId,
      MaxItems: maxitems,
    };
  },
);

const tagged = { ResourceType: z.literal("hostedzone"), ResourceId: z.string() };

export const listTagsForResource = action("reads", z.strictObject(tagged), (account, { ResourceType, ResourceId }) => ({
  ResourceTagSet: {
    ResourceType,
    ResourceId,
    Tags: { Tag: Object.entries(findZone(account, ResourceId).tags ?? {}).map(([Key, Value]) => ({ Key, Value })) },
  },
}));

export const changeTagsForResource = action(
  "mutates",
  z.strictObject({
    ...tagged,
    AddTags: xmlList("Tag", z.strictObject({ Key: z.string(), Value: z.string().optional() })).optional(),
    RemoveTagKeys: xmlList("Key", z.string()).optional(),
  }),
  (account, { ResourceId, AddTags = [], RemoveTagKeys = [] }) => {
    const zone = findZone(account, ResourceId);
    const tags = { ...zone.tags };
    for (const { Key, Value = "" } of AddTags) tags[Key] = Value;
    for (const key of RemoveTagKeys) Reflect.deleteProperty(tags, key);
    zone.tags = tags;
    return {};
  },
);
