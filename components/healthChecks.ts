/** Route 53 health checks: whether port 443 answers from the internet, on the applications' address and on the API's. */
import { HealthCheck } from "@pulumi/aws/route53/healthCheck";
import * as pulumi from "@pulumi/pulumi";
import { type TagArgs, tags } from "./tags";

/** A health check needs an address to call. */
function reachable(apiPublicIp: string): string {
  if (apiPublicIp) return apiPublicIp;
  throw new pulumi.RunError(
    "healthChecks: expected a public address of the API, found none: turn them off, or set primaryAddress to elastic-ip",
  );
}

export interface HealthChecksArgs extends TagArgs {
  /** Public addresses by what they are for. */
  addresses: Readonly<Record<"ingress" | "api", pulumi.Input<string>>>;
}

/**
 * TCP, because an ingress may answer 404 at `/` and kOps' API 401 to everybody, which Route 53 would call unhealthy.
 * What a default of AWS could change under the stack is set here.
 */
export function healthChecks(
  name: string,
  args: HealthChecksArgs,
  options: pulumi.CustomResourceOptions,
): HealthCheck[] {
  const { ingress, api } = args.addresses;
  return Object.entries({ ingress, api: pulumi.output(api).apply(reachable) }).map(
    ([purpose, ipAddress]) =>
      new HealthCheck(
        `${name}-${purpose}`,
        {
          type: "TCP",
          ipAddress,
          port: 443,
          requestInterval: 30,
          failureThreshold: 3,
          tags: tags(args, purpose),
        },
        options,
      ),
  );
}
