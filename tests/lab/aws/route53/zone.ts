/** The lab's hosted zone with the calls that change and list its records. */
import {
  type Change,
  type ChangeAction,
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
  type ListResourceRecordSetsCommandOutput,
  type ResourceRecordSet,
} from "@aws-sdk/client-route-53";
import { type Harness, useEndpoint, zoneId } from "../harness";

export interface Zone extends Harness {
  change(...changes: Change[]): Promise<unknown>;
  /** One change for each record set, in one batch. */
  batch(action: ChangeAction, ...sets: ResourceRecordSet[]): Promise<unknown>;
  list(input?: Partial<ListResourceRecordSetsCommandInput>): Promise<ListResourceRecordSetsCommandOutput>;
  /** The record sets listed under that name, which has a trailing dot. */
  named(name: string): Promise<ResourceRecordSet[]>;
  /** Its id. */
  healthCheck(): Promise<string>;
}

/** An A record with a value. */
export const a = (Name: string, more: Partial<ResourceRecordSet> = {}): ResourceRecordSet => ({
  Name,
  Type: "A",
  TTL: 60,
  ResourceRecords: [{ Value: "203.0.113.10" }],
  ...more,
});

/** An alias for a record of the zone itself. */
export const alias = (Name: string, DNSName: string, more: Partial<ResourceRecordSet> = {}): ResourceRecordSet => ({
  Name,
  Type: "A",
  AliasTarget: { HostedZoneId: zoneId, DNSName, EvaluateTargetHealth: true },
  ...more,
});

/** Registers mocha's hooks; the result is filled for each test. */
export function useZone(): Zone {
  const zone = useEndpoint() as Zone;
  let checks = 0;
  zone.change = (...Changes) =>
    zone.route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes } }));
  zone.batch = (Action, ...sets) => zone.change(...sets.map((ResourceRecordSet) => ({ Action, ResourceRecordSet })));
  zone.list = (input = {}) => zone.route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, ...input }));
  zone.named = async (name) => {
    const { ResourceRecordSets } = await zone.list({ StartRecordName: name });
    return (ResourceRecordSets ?? []).filter(({ Name }) => Name === name);
  };
  zone.healthCheck = async () => {
    const HealthCheckConfig = { Type: "TCP", IPAddress: "203.0.113.10", Port: 443 } as const;
    const CallerReference = `zone-${++checks}`;
    const answer = await zone.route53.send(new CreateHealthCheckCommand({ CallerReference, HealthCheckConfig }));
    return answer.HealthCheck?.Id ?? "";
  };
  return zone;
}
