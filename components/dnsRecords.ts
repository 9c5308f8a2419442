/** The applications' A records in Route 53, for stacks that write them themselves. */
import { Record } from "@pulumi/aws/route53/record";
import type * as pulumi from "@pulumi/pulumi";

export interface DnsRecordsArgs {
  zoneId: string;
  domains: readonly string[];
  addresses: pulumi.Input<pulumi.Input<string>[]>;
  /** Seconds. */
  ttl: number;
  /** Take over records of these names that the stack did not make; without it they end the run. */
  overwrite: boolean;
}

export function dnsRecords(name: string, args: DnsRecordsArgs, options: pulumi.CustomResourceOptions): Record[] {
  return args.domains.map(
    (domain) =>
      new Record(
        `${name}-${domain}`,
        {
          zoneId: args.zoneId,
          name: domain,
          type: "A",
          ttl: args.ttl,
          records: args.addresses,
          ...(args.overwrite ? { allowOverwrite: true } : {}),
        },
        options,
      ),
  );
}
