/** The applications' A records in Route 53, for stacks that write them themselves. */
import { Record } from "@pulumi/aws/route53/record";
import * as pulumi from "@pulumi/pulumi";
import type { CompleteArgs } from "./defaults";

/** One record for each domain; none without a zone. */
export function dnsRecords(
  name: string,
  args: Pick<CompleteArgs, "route53ZoneId" | "appDomains" | "dnsTtl" | "overwriteRecords">,
  addresses: pulumi.Input<pulumi.Input<string>[]>,
  options: pulumi.CustomResourceOptions,
): Record[] {
  const { route53ZoneId: zoneId, appDomains, dnsTtl: ttl, overwriteRecords } = args;
  if (zoneId === undefined) return [];
  // Absent unless asked for: without it a record that the stack did not make ends the run.
  const allowOverwrite = pulumi.output(overwriteRecords).apply((overwrite) => overwrite || undefined);
  return appDomains.map(
    (domain) =>
      new Record(
        `${name}-${domain}`,
        { zoneId, name: domain, type: "A", ttl, records: addresses, allowOverwrite },
        options,
      ),
  );
}
