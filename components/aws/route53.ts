/** Calls to Route 53 with the SDK, for what the `aws` plugin has no function for: which records a hosted zone has. */
import type * as route53 from "@aws-sdk/client-route-53";
import { type ClientOptions, clientSettings, type Connection } from "./connection";

// eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded by the first call: docs/decisions/0003
export const route53Sdk = (): typeof route53 => require("@aws-sdk/client-route-53") as typeof route53;

/** Route 53 has one endpoint for all regions of a partition: without a region, that of the largest partition is used. */
export const route53Client = (connection: Connection, options?: ClientOptions): route53.Route53Client =>
  new (route53Sdk().Route53Client)({ region: "us-east-1", ...clientSettings(connection, "route53", options) });

/** `/hostedzone/Z…` is how `aws route53 list-hosted-zones` names a zone. */
export const plainZoneId = (zoneId: string): string => zoneId.replace(/^\/hostedzone\//, "");

/** Route 53 answers with `\052` for the `*` of a wildcard: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html */
export const nameOf = ({ Name = "" }: route53.ResourceRecordSet): string => Name.toLowerCase().replaceAll("\\052", "*");

/** @param name as {@link nameOf} gives it: all record sets of a name, or the first hundred of them */
export async function recordSetsAt(
  client: route53.Route53Client,
  zoneId: string,
  name: string,
): Promise<route53.ResourceRecordSet[]> {
  const { ResourceRecordSets = [] } = await client.send(
    new (route53Sdk().ListResourceRecordSetsCommand)({
      HostedZoneId: plainZoneId(zoneId),
      StartRecordName: name,
      MaxItems: 100,
    }),
  );
  return ResourceRecordSets.filter((set) => nameOf(set) === name);
}
