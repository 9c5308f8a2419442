/** The subset of Auto Scaling that finds kOps' groups and attaches them to target groups. */
import { z } from "zod";
import type { Account, AutoScalingGroup } from "../account";
import { action, type Answer } from "../action";
import { AwsError } from "../errors";
import { filterBy } from "../filters";
import { memberList, members } from "../members";
import { queryService } from "../queryService";
import { instancesOf } from "./instances";

export const autoscalingVersion = "2011-01-01";

const validationError = (message: string): AwsError => new AwsError("ValidationError", message);

function findGroup({ autoScalingGroups = [] }: Account, groupName: string): AutoScalingGroup {
  const found = autoScalingGroups.find(({ name }) => name === groupName);
  if (!found) throw validationError(`AutoScalingGroup name not found - AutoScalingGroup '${groupName}' not found`);
  return found;
}

function groupData(account: Account, { name, arn, subnetIds, targetGroupArns, tags }: AutoScalingGroup): Answer {
  const instances = instancesOf(account, name);
  const zones = account.subnets
    .filter(({ subnetId }) => subnetIds.includes(subnetId))
    .map(({ availabilityZone }) => availabilityZone);
  return {
    AutoScalingGroupName: name,
    AutoScalingGroupARN: arn,
    MinSize: instances.length,
    MaxSize: instances.length,
    DesiredCapacity: instances.length,
    DefaultCooldown: 300,
    AvailabilityZones: memberList([...new Set(zones)]),
    TargetGroupARNs: memberList(targetGroupArns),
    HealthCheckType: "EC2",
    HealthCheckGracePeriod: 0,
    Instances: memberList(
      instances.map(({ instanceId, state }) => ({
        InstanceId: instanceId,
        LifecycleState: state === "running" ? "InService" : "Pending",
        HealthStatus: "Healthy",
      })),
    ),
    CreatedTime: "2026-01-01T00:00:00Z",
    VPCZoneIdentifier: subnetIds.join(","),
    Tags: memberList(
      Object.entries(tags).map(([Key, Value]) => ({
        ResourceId: name,
        ResourceType: "auto-scaling-group",
        Key,
        Value,
        PropagateAtLaunch: true,
      })),
    ),
  };
}

const filter = z.strictObject({ Name: z.string(), Values: members(z.string()) });

const describeAutoScalingGroups = action(
  "reads",
  z.strictObject({
    AutoScalingGroupNames: members(z.string()),
    Filters: members(filter),
    MaxRecords: z.string().optional(),
    NextToken: z.string().optional(),
  }),
  (account, { AutoScalingGroupNames, Filters }) => {
    const named = (account.autoScalingGroups ?? []).filter(
      ({ name }) => AutoScalingGroupNames.length === 0 || AutoScalingGroupNames.includes(name),
    );
    const filters = Filters.map(({ Name, Values }) => ({ Name, Value: Values }));
    return { AutoScalingGroups: memberList(filterBy(named, filters, {}).map((each) => groupData(account, each))) };
  },
);

const attachment = z.strictObject({ AutoScalingGroupName: z.string(), TargetGroupARNs: members(z.string()) });

const attachLoadBalancerTargetGroups = action(
  "mutates",
  attachment,
  (account, { AutoScalingGroupName, TargetGroupARNs }) => {
    const group = findGroup(account, AutoScalingGroupName);
    for (const arn of TargetGroupARNs)
      if (!account.targetGroups?.some((each) => each.arn === arn))
        throw validationError(`Provided Target Groups may not be valid. Please ensure they exist and try again.`);
    group.targetGroupArns = [...new Set([...group.targetGroupArns, ...TargetGroupARNs])];
    return {};
  },
);

const detachLoadBalancerTargetGroups = action(
  "mutates",
  attachment,
  (account, { AutoScalingGroupName, TargetGroupARNs }) => {
    const group = findGroup(account, AutoScalingGroupName);
    if (TargetGroupARNs.some((arn) => !group.targetGroupArns.includes(arn)))
      throw validationError("Trying to remove Target Groups that are not part of the group");
    group.targetGroupArns = group.targetGroupArns.filter((arn) => !TargetGroupARNs.includes(arn));
    return {};
  },
);

export const autoscaling = queryService("autoscaling.amazonaws.com", autoscalingVersion, {
  AttachLoadBalancerTargetGroups: attachLoadBalancerTargetGroups,
  DescribeAutoScalingGroups: describeAutoScalingGroups,
  DetachLoadBalancerTargetGroups: detachLoadBalancerTargetGroups,
});
