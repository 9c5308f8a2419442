/** aws.route53.Record of type A with values: route53/record.go. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { type Properties, type ResourceType, text } from "../resource";
import { isAwsError, route53Client, route53Sdk, unlessGone } from "./client";

const fqdn = (name: string): string => name.toLowerCase().replace(/\.$/, "");

/** The official plugin waits 15 s before it asks for the first time; a local endpoint needs no such patience. */
const poll = 200;

async function change(
  zoneId: string,
  action: "CREATE" | "UPSERT" | "DELETE",
  recordSet: ResourceRecordSet,
): Promise<void> {
  const sdk = route53Sdk();
  const answer = await route53Client().send(
    new sdk.ChangeResourceRecordSetsCommand({
      HostedZoneId: zoneId,
      ChangeBatch: { Comment: "Managed by Pulumi", Changes: [{ Action: action, ResourceRecordSet: recordSet }] },
    }),
  );
  const Id = answer.ChangeInfo?.Id;
  for (let status = answer.ChangeInfo?.Status; status !== "INSYNC";) {
    await sleep(poll);
    status = (await route53Client().send(new sdk.GetChangeCommand({ Id }))).ChangeInfo?.Status;
  }
}

async function find(zoneId: string, name: string, type: string): Promise<ResourceRecordSet | undefined> {
  const sdk = route53Sdk();
  const zone = await unlessGone(route53Client().send(new sdk.GetHostedZoneCommand({ Id: zoneId })), "NoSuchHostedZone");
  if (!zone) return undefined;
  const answer = await route53Client().send(
    new sdk.ListResourceRecordSetsCommand({
      HostedZoneId: zoneId,
      StartRecordName: `${fqdn(name)}.`,
      StartRecordType: type as ResourceRecordSet["Type"],
      MaxItems: 1,
    }),
  );
  const [recordSet] = answer.ResourceRecordSets ?? [];
  return recordSet && fqdn(recordSet.Name ?? "") === fqdn(name) && recordSet.Type === type ? recordSet : undefined;
}

const toRecordSet = (inputs: Properties): ResourceRecordSet => ({
  Name: fqdn(text(inputs, "name")),
  Type: text(inputs, "type") as ResourceRecordSet["Type"],
  TTL: Number(inputs["ttl"]),
  ResourceRecords: ((inputs["records"] ?? []) as string[]).map((Value) => ({ Value })),
});

export const record: ResourceType = {
  replaceOn: ["zoneId", "name"],
  create: async (inputs) => {
    const sdk = route53Sdk();
    const zoneId = text(inputs, "zoneId");
    await route53Client().send(new sdk.GetHostedZoneCommand({ Id: zoneId }));
    await change(zoneId, inputs["allowOverwrite"] === true ? "UPSERT" : "CREATE", toRecordSet(inputs));
    return {
      id: `${zoneId}_${fqdn(text(inputs, "name"))}_${text(inputs, "type")}`,
      outputs: { ...inputs, fqdn: fqdn(text(inputs, "name")) },
    };
  },
  read: async (_id, outputs, inputs) => {
    const recordSet = await find(text(outputs, "zoneId"), text(outputs, "name"), text(outputs, "type"));
    if (!recordSet) return undefined;
    const seen = { ttl: recordSet.TTL, records: recordSet.ResourceRecords?.map(({ Value }) => Value) };
    return { outputs: { ...outputs, ...seen }, inputs: { ...inputs, ...seen } };
  },
  update: async (_id, _olds, news) => {
    await change(text(news, "zoneId"), "UPSERT", toRecordSet(news));
    return { ...news, fqdn: fqdn(text(news, "name")) };
  },
  delete: async (_id, outputs) => {
    const zoneId = text(outputs, "zoneId");
    const listed = await find(zoneId, text(outputs, "name"), text(outputs, "type"));
    if (!listed) return;
    try {
      await change(zoneId, "DELETE", listed);
    } catch (error) {
      if (!isAwsError(error, "InvalidChangeBatch")) throw error;
    }
  },
};
