/** Mode load-balancer: the balancer that has the applications' address, and how the nodes behind it are. */
import type * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { clientSettings, type Connection } from "../../components/aws/connection";

// eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded where the calls are made
const elbSdk = (): typeof elb => require("@aws-sdk/client-elastic-load-balancing-v2") as typeof elb;

export interface Target {
  instanceId: string;
  port: number;
  /** `healthy`, `unhealthy`, `initial`, `draining`, `unused` or `unavailable`. */
  state: string;
  /** AWS's own word, `Target.FailedHealthChecks` for one; `""` for a healthy one. */
  reason: string;
}

/** @returns undefined where no balancer has the address */
export async function askTargets(
  connection: Connection,
  allocationId: string,
  abortSignal: AbortSignal,
): Promise<Target[] | undefined> {
  const sdk = elbSdk();
  const client = new sdk.ElasticLoadBalancingV2Client(clientSettings(connection, "elbv2", { attempts: 3 }));
  const balancers: elb.LoadBalancer[] = [];
  for await (const { LoadBalancers = [] } of sdk.paginateDescribeLoadBalancers({ client }, {}, { abortSignal }))
    balancers.push(...LoadBalancers);
  const ours = balancers.find(({ AvailabilityZones = [] }) =>
    AvailabilityZones.some(({ LoadBalancerAddresses = [] }) =>
      LoadBalancerAddresses.some((address) => address.AllocationId === allocationId),
    ),
  );
  if (!ours) return undefined;
  const { TargetGroups = [] } = await client.send(
    new sdk.DescribeTargetGroupsCommand({ LoadBalancerArn: ours.LoadBalancerArn }),
    { abortSignal },
  );
  const groups = await Promise.all(
    TargetGroups.map(({ TargetGroupArn }) =>
      client.send(new sdk.DescribeTargetHealthCommand({ TargetGroupArn }), { abortSignal }),
    ),
  );
  return groups.flatMap(({ TargetHealthDescriptions = [] }) =>
    TargetHealthDescriptions.map(({ Target: target, TargetHealth: health }) => ({
      instanceId: target?.Id ?? "",
      port: target?.Port ?? 0,
      state: health?.State ?? "",
      reason: health?.Reason ?? "",
    })),
  );
}
