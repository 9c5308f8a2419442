/** Mode load-balancer: the balancer that has the applications' address, how the nodes behind it are, and which of kOps' groups are not. */
import type * as autoscaling from "@aws-sdk/client-auto-scaling";
import type * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { clientSettings, type Connection } from "../../../components/aws/connection";
import { roleTags } from "../../../settings/tagNames";

/* eslint-disable @typescript-eslint/no-require-imports -- loaded where the calls are made */
const elbSdk = (): typeof elb => require("@aws-sdk/client-elastic-load-balancing-v2") as typeof elb;
const autoscalingSdk = (): typeof autoscaling => require("@aws-sdk/client-auto-scaling") as typeof autoscaling;
/* eslint-enable @typescript-eslint/no-require-imports */

export interface Target {
  instanceId: string;
  port: number;
  /** `healthy`, `unhealthy`, `initial`, `draining`, `unused` or `unavailable`. */
  state: string;
  /** AWS's own word, `Target.FailedHealthChecks` for one; `""` for a healthy one. */
  reason: string;
}

const elbClient = (connection: Connection): elb.ElasticLoadBalancingV2Client =>
  new (elbSdk().ElasticLoadBalancingV2Client)(clientSettings(connection, "elbv2", { attempts: 3 }));

/** @returns ARNs; undefined where no balancer has the address */
export async function askTargetGroups(
  connection: Connection,
  allocationId: string,
  abortSignal: AbortSignal,
): Promise<string[] | undefined> {
  const [sdk, client] = [elbSdk(), elbClient(connection)];
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
  return TargetGroups.flatMap(({ TargetGroupArn }) => TargetGroupArn ?? []);
}

export async function askTargets(
  connection: Connection,
  targetGroupArns: readonly string[],
  abortSignal: AbortSignal,
): Promise<Target[]> {
  const [sdk, client] = [elbSdk(), elbClient(connection)];
  const groups = await Promise.all(
    targetGroupArns.map((TargetGroupArn) =>
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

/**
 * @returns names of kOps' groups that run applications, workers or, without any, control planes, and that are not attached to each of
 * the target groups
 */
export async function askDetached(
  connection: Connection,
  clusterName: string,
  targetGroupArns: readonly string[],
  abortSignal: AbortSignal,
): Promise<string[]> {
  const sdk = autoscalingSdk();
  const client = new sdk.AutoScalingClient(clientSettings(connection, "autoscaling", { attempts: 3 }));
  const groups: autoscaling.AutoScalingGroup[] = [];
  const Filters = [{ Name: "tag:KubernetesCluster", Values: [clusterName] }];
  for await (const page of sdk.paginateDescribeAutoScalingGroups({ client }, { Filters }, { abortSignal }))
    groups.push(...(page.AutoScalingGroups ?? []));
  const withRole = (tags: readonly string[]): autoscaling.AutoScalingGroup[] =>
    groups.filter(({ Tags = [] }) => Tags.some(({ Key = "" }) => tags.includes(Key)));
  const workers = withRole(roleTags.worker);
  return (workers.length > 0 ? workers : withRole(roleTags.controlPlane))
    .filter(({ TargetGroupARNs = [] }) => !targetGroupArns.every((arn) => TargetGroupARNs.includes(arn)))
    .flatMap(({ AutoScalingGroupName }) => AutoScalingGroupName ?? [])
    .sort();
}
