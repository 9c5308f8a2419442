/** aws.route53.Record with values or an alias, with simple, weighted or failover routing: route53/record.go. */
import type { Change, HostedZone, ResourceRecordSet, RRType } from "@aws-sdk/client-route-53";
import { optionalText, PartlyCreated, type Properties, type ResourceType, text } from "../resource";
import { eventually, isAwsError, route53Client, route53Sdk, unlessGone } from "./client";
import { normal, recordFaults, recordProperties, recordSet } from "./recordSet";

async function zoneOf(properties: Properties): Promise<HostedZone> {
  const sdk = route53Sdk();
  const answer = await route53Client().send(new sdk.GetHostedZoneCommand({ Id: text(properties, "zoneId") }));
  return answer.HostedZone ?? { Id: undefined, Name: undefined, CallerReference: undefined };
}

/** A name outside the zone is relative to the zone. */
function fqdn(name: string, zone: HostedZone): string {
  const [relative, apex] = [normal(name), normal(zone.Name ?? "")];
  return relative === apex || relative.endsWith(`.${apex}`) ? relative : `${relative}.${apex}`;
}

/** The official plugin waits 15 s before its first poll, which a local endpoint does not need. */
async function change(zoneId: string, changes: Change[], signal: AbortSignal): Promise<void> {
  const sdk = route53Sdk();
  const answer = await route53Client().send(
    new sdk.ChangeResourceRecordSetsCommand({
      HostedZoneId: zoneId,
      ChangeBatch: { Comment: "Managed by Terraform", Changes: changes },
    }),
  );
  const Id = answer.ChangeInfo?.Id;
  await eventually(`Route 53 to spread the change of zone ${zoneId}`, 30, signal, async () => {
    const seen = await unlessGone(route53Client().send(new sdk.GetChangeCommand({ Id })), "NoSuchChange");
    return seen?.ChangeInfo?.Status === "INSYNC" || undefined;
  });
}

/** The current record set; undefined if zone or record is gone. */
async function find(properties: Properties): Promise<{ listed: ResourceRecordSet; name: string } | undefined> {
  const sdk = route53Sdk();
  const zone = await unlessGone(zoneOf(properties), "NoSuchHostedZone");
  if (!zone) return undefined;
  const name = fqdn(text(properties, "name"), zone);
  const type = text(properties, "type") as RRType;
  const setIdentifier = optionalText(properties, "setIdentifier");
  const answer = await route53Client().send(
    new sdk.ListResourceRecordSetsCommand({
      HostedZoneId: text(properties, "zoneId"),
      StartRecordName: `${name}.`,
      StartRecordType: type,
      // Route 53 allows 100 record sets per name and type.
      MaxItems: setIdentifier === undefined ? 1 : 100,
    }),
  );
  const listed = answer.ResourceRecordSets?.find(
    (set) => normal(set.Name ?? "") === name && set.Type === type && set.SetIdentifier === setIdentifier,
  );
  return listed && { listed, name };
}

/** The record types of Route 53, to distinguish a type in an ID from a part of the name. */
const isType = (part: string): boolean => Object.values<string>(route53Sdk().RRType).includes(part);

/** Parses the ID `<zone>_<name>_<type>[_<set identifier>]`; name and identifier may contain underscores. */
function fromId(id: string): Properties {
  const [zoneId, ...rest] = id.split("_");
  const at = rest.findIndex((part, index) => index > 0 && isType(part));
  const setIdentifier = rest.slice(at + 1).join("_");
  return { zoneId, name: rest.slice(0, at).join("_"), type: rest[at], ...(setIdentifier && { setIdentifier }) };
}

async function read(id: string, outputs: Properties): Promise<Properties | undefined> {
  const asked = "zoneId" in outputs ? outputs : fromId(id);
  const found = await find(asked);
  if (!found) return undefined;
  return {
    zoneId: asked["zoneId"],
    name: asked["name"],
    type: asked["type"],
    setIdentifier: asked["setIdentifier"],
    fqdn: found.name,
    ...recordProperties(found.listed, outputs),
  };
}

export const record: ResourceType = {
  inputs: [
    ...["zoneId", "name", "type", "ttl", "records", "aliases", "healthCheckId", "allowOverwrite"],
    ...["setIdentifier", "weightedRoutingPolicies", "failoverRoutingPolicies"],
  ],
  writeOnly: ["allowOverwrite"],
  computed: ["allowOverwrite", "fqdn"],
  replaceOn: ["zoneId", "name"],
  check: recordFaults,
  create: async (inputs, { signal }) => {
    const zoneId = text(inputs, "zoneId");
    const name = fqdn(text(inputs, "name"), await zoneOf(inputs));
    const Action = inputs["allowOverwrite"] === true ? "UPSERT" : "CREATE";
    const setIdentifier = optionalText(inputs, "setIdentifier");
    const id = [zoneId, name, text(inputs, "type"), ...(setIdentifier ? [setIdentifier] : [])].join("_");
    await change(zoneId, [{ Action, ResourceRecordSet: recordSet(name, inputs) }], signal);
    const outputs = await read(id, inputs);
    if (!outputs) throw new PartlyCreated({ id, outputs: inputs }, `new record ${name} not found`);
    return { id, outputs: { allowOverwrite: false, ...inputs, ...outputs } };
  },
  read,
  update: async (id, olds, news, { signal }) => {
    const name = fqdn(text(news, "name"), await zoneOf(news));
    const wanted = recordSet(name, news);
    const changes: Change[] =
      olds["type"] === news["type"] && olds["setIdentifier"] === news["setIdentifier"]
        ? [{ Action: "UPSERT", ResourceRecordSet: wanted }]
        : [
            { Action: "DELETE", ResourceRecordSet: recordSet(name, olds) },
            { Action: news["allowOverwrite"] === true ? "UPSERT" : "CREATE", ResourceRecordSet: wanted },
          ];
    await change(text(news, "zoneId"), changes, signal);
    return { allowOverwrite: false, ...news, ...(await read(id, news)) };
  },
  delete: async (_id, outputs, { signal }) => {
    const found = await find(outputs);
    if (!found) return;
    try {
      await change(text(outputs, "zoneId"), [{ Action: "DELETE", ResourceRecordSet: found.listed }], signal);
    } catch (error) {
      if (!isAwsError(error, "InvalidChangeBatch")) throw error;
    }
  },
};
