/** A hosted zone of Route 53 as the authority. */
import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";
import { setTimeout as sleep } from "node:timers/promises";
import * as sdk from "@aws-sdk/client-route-53";
import { ownerInWords, recordOwners } from "../../components/aws/recordOwners";
import { nameOf, plainZoneId, recordSetsAt } from "../../components/aws/route53";
import { addressTypes, type RecordChange, type RecordSet } from "../../dns/recordSets";
import { type Authority, ChangedMeanwhile } from "./authority";

/** Seconds that a change may take to reach all name servers; it is a minute at most as a rule. */
const patience = 300;

/** Seconds that resolvers keep the answer of an alias to a load balancer, which has no TTL of its own. */
const aliasTtl = 60;

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

/** @param zoneId as `aws route53 list-hosted-zones` names it, with or without `/hostedzone/` */
export function route53Authority(zoneId: string, client: sdk.Route53Client): Authority {
  const HostedZoneId = plainZoneId(zoneId);
  const title = `Route 53 zone ${HostedZoneId}`;
  const readName = async (name: string): Promise<RecordSet[]> =>
    (await recordSetsAt(client, HostedZoneId, name)).flatMap(recordSet);
  return {
    title,
    async refuseOthers(names) {
      // Addresses and what is beside them are part of the change.
      const others = (await recordOwners(client, HostedZoneId, [...new Set(names)])).filter(
        ({ kind }) => kind !== "address" && kind !== "beside",
      );
      if (others.length > 0)
        throw new Error(
          [
            `${title}: expected names that nothing else answers for or writes, nothing was changed:`,
            ...others.map((owner) => `  ${ownerInWords(owner)}`),
          ].join("\n"),
        );
    },
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
