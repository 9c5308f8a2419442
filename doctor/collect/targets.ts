/** Mode load-balancer: the balancer that has the applications' address, how the nodes behind it are, and which of kOps' groups are not. */
import type * as autoscaling from "@aws-sdk/client-auto-scaling";
import type * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { clientSettings, type Connection } from "../../components/aws/connection";

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

export interface Balancer {
  targetGroupArns: string[];
  targets: Target[];
}

/** @returns undefined where no balancer has the address */
export async function askBalancer(
  connection: Connection,
  allocationId: string,
  abortSignal: AbortSignal,
): Promise<Balancer | undefined> {
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
  const targetGroupArns = TargetGroups.flatMap(({ TargetGroupArn }) => TargetGroupArn ?? []);
  const groups = await Promise.all(
    targetGroupArns.map((TargetGroupArn) =>
      client.send(new sdk.DescribeTargetHealthCommand({ TargetGroupArn }), { abortSignal }),
    ),
  );
  const targets = groups.flatMap(({ TargetHealthDescriptions = [] }) =>
    TargetHealthDescriptions.map(({ Target: target, TargetHealth: health }) => ({
      instanceId: target?.Id ?? "",
      port: target?.Port ?? 0,
      state: health?.State ?? "",
      reason: health?.Reason ?? "",
    })),
  );
  return { targetGroupArns, targets };
}

const workerTag = "k8s.io/role/node";

/** @returns names of kOps' groups of workers, of control planes where there are none, that are not attached to each of the target groups */
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
  const workers = groups.filter(({ Tags = [] }) => Tags.some(({ Key }) => Key === workerTag));
  return (workers.length > 0 ? workers : groups)
    .filter(({ TargetGroupARNs = [] }) => !targetGroupArns.every((arn) => TargetGroupARNs.includes(arn)))
    .flatMap(({ AutoScalingGroupName }) => AutoScalingGroupName ?? [])
    .sort();
}
