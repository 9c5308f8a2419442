/** aws.route53.Record with `ttl` and `records`: route53/record.go. */
import { isDeepStrictEqual } from "node:util";
import type { Change, HostedZone, ResourceRecordSet, RRType } from "@aws-sdk/client-route-53";
import { PartlyCreated, type Properties, type ResourceType, text } from "../resource";
import { eventually, isAwsError, route53Client, route53Sdk, unlessGone } from "./client";

/** Lower case, no dot at the end, and the asterisk as itself: Route 53 lists it as an octal escape. */
const normal = (name: string): string => name.toLowerCase().replace(/\.$/, "").replace("\\052", "*");

async function zoneOf(properties: Properties): Promise<HostedZone> {
  const sdk = route53Sdk();
  const answer = await route53Client().send(new sdk.GetHostedZoneCommand({ Id: text(properties, "zoneId") }));
  return answer.HostedZone ?? { Id: undefined, Name: undefined, CallerReference: undefined };
}

/** A name without the zone's is taken as relative to the zone. */
function fqdn(name: string, zone: HostedZone): string {
  const [relative, apex] = [normal(name), normal(zone.Name ?? "")];
  return relative === apex || relative.endsWith(`.${apex}`) ? relative : `${relative}.${apex}`;
}

/** The official plugin waits 15 s before it asks for the first time; a local endpoint needs no such patience. */
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

function recordSet(name: string, properties: Properties): ResourceRecordSet {
  return {
    Name: name,
    Type: text(properties, "type") as RRType,
    TTL: Number(properties["ttl"]),
    ResourceRecords: ((properties["records"] ?? []) as string[]).map((Value) => ({ Value })),
  };
}

/** The record set as it is listed now, or undefined where zone or record are gone. */
async function find(properties: Properties): Promise<{ listed: ResourceRecordSet; name: string } | undefined> {
  const sdk = route53Sdk();
  const zone = await unlessGone(zoneOf(properties), "NoSuchHostedZone");
  if (!zone) return undefined;
  const name = fqdn(text(properties, "name"), zone);
  const type = text(properties, "type") as RRType;
  const answer = await route53Client().send(
    new sdk.ListResourceRecordSetsCommand({
      HostedZoneId: text(properties, "zoneId"),
      StartRecordName: `${name}.`,
      StartRecordType: type,
      MaxItems: 1,
    }),
  );
  const [listed] = answer.ResourceRecordSets ?? [];
  return listed && normal(listed.Name ?? "") === name && listed.Type === type ? { listed, name } : undefined;
}

/** What the id `<zone>_<name>_<type>` says; a name may hold underscores of its own. */
function fromId(id: string): Properties {
  const [zoneId, ...rest] = id.split("_");
  const type = rest.pop();
  return { zoneId, name: rest.join("_"), type };
}

async function read(id: string, outputs: Properties): Promise<Properties | undefined> {
  const asked = "zoneId" in outputs ? outputs : fromId(id);
  const found = await find(asked);
  if (!found) return undefined;
  const before = (outputs["records"] ?? []) as string[];
  const records = (found.listed.ResourceRecords ?? []).flatMap(({ Value }) => Value ?? []);
  // Values are a set: another order is no difference.
  const same = isDeepStrictEqual([...records].sort(), [...before].sort());
  return {
    zoneId: asked["zoneId"],
    name: asked["name"],
    type: asked["type"],
    fqdn: found.name,
    ttl: found.listed.TTL,
    records: same ? before : records,
  };
}

export const record: ResourceType = {
  inputs: ["zoneId", "name", "type", "ttl", "records", "allowOverwrite"],
  writeOnly: ["allowOverwrite"],
  computed: ["allowOverwrite", "fqdn"],
  replaceOn: ["zoneId", "name"],
  create: async (inputs, { signal }) => {
    const zoneId = text(inputs, "zoneId");
    const name = fqdn(text(inputs, "name"), await zoneOf(inputs));
    const Action = inputs["allowOverwrite"] === true ? "UPSERT" : "CREATE";
    const id = `${zoneId}_${name}_${text(inputs, "type")}`;
    await change(zoneId, [{ Action, ResourceRecordSet: recordSet(name, inputs) }], signal);
    const outputs = await read(id, inputs);
    if (!outputs) throw new PartlyCreated({ id, outputs: inputs }, `the new record ${name} is not to be found`);
    return { id, outputs: { allowOverwrite: false, ...inputs, ...outputs } };
  },
  read,
  update: async (id, olds, news, { signal }) => {
    const name = fqdn(text(news, "name"), await zoneOf(news));
    const wanted = recordSet(name, news);
    const changes: Change[] =
      olds["type"] === news["type"]
        ? [{ Action: "UPSERT", ResourceRecordSet: wanted }]
        : [
            { Action: "DELETE", ResourceRecordSet: recordSet(name, olds) },
            { Action: "CREATE", ResourceRecordSet: wanted },
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
