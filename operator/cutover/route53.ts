/** A hosted zone of Route 53 as the authority. */
import type { Change, ListResourceRecordSetsCommandOutput, ResourceRecordSet } from "@aws-sdk/client-route-53";
import { setTimeout as sleep } from "node:timers/promises";
import * as sdk from "@aws-sdk/client-route-53";
import { clientSettings, type Connection } from "../../components/aws/connection";
import { addressTypes, type RecordChange, type RecordSet } from "../../dns/recordSets";
import { type Authority, ChangedMeanwhile } from "./authority";

/** Seconds that a change may take to reach all name servers; it is a minute at most as a rule. */
const patience = 300;

/** Seconds that resolvers keep the answer of an alias to a load balancer, which has no TTL of its own. */
const aliasTtl = 60;

/** Route 53 answers with `\052` for the `*` of a wildcard: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html */
const nameOf = ({ Name = "" }: ResourceRecordSet): string => Name.toLowerCase().replace(/^\\052(?=\.)/, "*");

/** @throws where the set is one of several between which Route 53 chooses */
function recordSet(found: ResourceRecordSet): RecordSet[] {
  const name = nameOf(found);
  const type = addressTypes.find((known) => known === found.Type);
  if (!type) return [];
  if (
    found.SetIdentifier !== undefined ||
    found.TrafficPolicyInstanceId !== undefined ||
    found.HealthCheckId !== undefined
  )
    throw new Error(
      `${name} ${type}: expected one record set without a routing policy or health check, found ` +
        `${found.SetIdentifier ?? found.TrafficPolicyInstanceId ?? found.HealthCheckId}: change it where it was made`,
    );
  const { AliasTarget } = found;
  if (AliasTarget?.DNSName && AliasTarget.HostedZoneId)
    return [
      {
        name,
        type,
        ttl: aliasTtl,
        values: [AliasTarget.DNSName],
        alias: {
          hostedZoneId: AliasTarget.HostedZoneId,
          evaluateTargetHealth: AliasTarget.EvaluateTargetHealth ?? false,
        },
      },
    ];
  const values = (found.ResourceRecords ?? []).flatMap(({ Value }) => Value ?? []).sort();
  return [{ name, type, ttl: found.TTL ?? 0, values }];
}

function resourceRecordSet({ name, type, ttl, values, alias }: RecordSet): ResourceRecordSet {
  return alias
    ? {
        Name: name,
        Type: type,
        AliasTarget: {
          DNSName: values[0],
          HostedZoneId: alias.hostedZoneId,
          EvaluateTargetHealth: alias.evaluateTargetHealth,
        },
      }
    : { Name: name, Type: type, TTL: ttl, ResourceRecords: values.map((Value) => ({ Value })) };
}

/** DELETE and CREATE, and no UPSERT: Route 53 refuses the whole batch where a set is not exactly what is deleted, or is there. */
const batchOf = (changes: readonly RecordChange[]): Change[] => [
  ...changes.flatMap(({ before }) =>
    before ? [{ Action: "DELETE" as const, ResourceRecordSet: resourceRecordSet(before) }] : [],
  ),
  ...changes.flatMap(({ after }) =>
    after ? [{ Action: "CREATE" as const, ResourceRecordSet: resourceRecordSet(after) }] : [],
  ),
];

/** Route 53 has one endpoint for all regions of a partition: without a region, that of the largest partition is used. */
export const route53Client = (connection: Connection): sdk.Route53Client =>
  new sdk.Route53Client({ region: "us-east-1", ...clientSettings(connection, "route53") });

/** @param zoneId as `aws route53 list-hosted-zones` names it, with or without `/hostedzone/` */
export function route53Authority(zoneId: string, client: sdk.Route53Client): Authority {
  const HostedZoneId = zoneId.replace(/^\/hostedzone\//, "");
  const title = `Route 53 zone ${HostedZoneId}`;
  const readName = async (name: string): Promise<RecordSet[]> => {
    const page: ListResourceRecordSetsCommandOutput = await client.send(
      new sdk.ListResourceRecordSetsCommand({ HostedZoneId, StartRecordName: name, MaxItems: 100 }),
    );
    return (page.ResourceRecordSets ?? []).filter((set) => nameOf(set) === name).flatMap(recordSet);
  };
  return {
    title,
    async read(names) {
      return (await Promise.all([...new Set(names)].map(readName))).flat();
    },
    async change(changes) {
      const ChangeBatch = { Comment: "kops-secondary-ingress", Changes: batchOf(changes) };
      const { ChangeInfo } = await client
        .send(new sdk.ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch }))
        .catch((error: unknown) => {
          if (error instanceof sdk.InvalidChangeBatch)
            throw new ChangedMeanwhile(title, (error.messages ?? [error.message]).join("; "));
          throw error;
        });
      const Id = ChangeInfo?.Id;
      const unseen = (reason: string, cause?: unknown): Error =>
        new Error(
          `${title}: took the change ${Id}, and it is not known whether all its name servers have it (${reason}): ` +
            `ask 'aws route53 get-change --id ${Id}'`,
          { cause },
        );
      // Not the SDK's waiter: it asks on for minutes where asking is not allowed.
      for (const end = Date.now() + patience * 1000; ; await sleep(1000)) {
        const answer = await client.send(new sdk.GetChangeCommand({ Id })).catch((error: unknown) => {
          throw unseen((error as Error).message, error);
        });
        if (answer.ChangeInfo?.Status === "INSYNC") return;
        if (Date.now() > end) throw unseen(`${answer.ChangeInfo?.Status} after ${patience} s`);
      }
    },
  };
}
