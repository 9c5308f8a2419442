/** aws.autoscaling.getAmiIds (finds Auto Scaling groups) and getGroup, aws.ec2.getSubnets, getNetworkInterfaces, getSecurityGroups and getSecurityGroup. */
import type { AutoScalingGroup } from "@aws-sdk/client-auto-scaling";
import type { SecurityGroup } from "@aws-sdk/client-ec2";
import { type PluginFunction, type Properties, text } from "../resource";
import { arn, autoscalingClient, autoscalingSdk, ec2Client, ec2Sdk, region } from "./client";
import { fromList } from "./tags";

interface Filter {
  Name: string;
  Values: string[];
}
const filtersOf = (args: Properties): { Filters?: Filter[] } => {
  const given = (args["filters"] ?? []) as { name: string; values: string[] }[];
  return given.length > 0 ? { Filters: given.map(({ name, values }) => ({ Name: name, Values: values })) } : {};
};

async function groups(request: { AutoScalingGroupNames?: string[]; Filters?: Filter[] }): Promise<AutoScalingGroup[]> {
  const sdk = autoscalingSdk();
  const found: AutoScalingGroup[] = [];
  for await (const page of sdk.paginateDescribeAutoScalingGroups({ client: autoscalingClient() }, request))
    found.push(...(page.AutoScalingGroups ?? []));
  return found;
}

export const getAutoscalingGroups: PluginFunction = {
  args: ["filters", "names"],
  call: async (args) => {
    const names = (args["names"] ?? []) as string[];
    const found = await groups({ ...filtersOf(args), ...(names.length > 0 ? { AutoScalingGroupNames: names } : {}) });
    const sorted = found.toSorted((a, b) => (a.AutoScalingGroupName ?? "").localeCompare(b.AutoScalingGroupName ?? ""));
    return {
      ...args,
      id: await region(),
      arns: sorted.map(({ AutoScalingGroupARN }) => AutoScalingGroupARN),
      names: sorted.map(({ AutoScalingGroupName }) => AutoScalingGroupName),
      region: await region(),
    };
  },
};

export const getAutoscalingGroup: PluginFunction = {
  args: ["name"],
  call: async (args) => {
    const name = text(args, "name");
    const [group] = await groups({ AutoScalingGroupNames: [name] });
    if (!group) throw new Error(`reading Auto Scaling Group (${name}): couldn't find resource`);
    return {
      name,
      id: name,
      arn: group.AutoScalingGroupARN,
      availabilityZones: group.AvailabilityZones ?? [],
      desiredCapacity: group.DesiredCapacity,
      maxSize: group.MaxSize,
      minSize: group.MinSize,
      targetGroupArns: group.TargetGroupARNs ?? [],
      vpcZoneIdentifier: group.VPCZoneIdentifier ?? "",
      region: await region(),
    };
  },
};

export const getSubnets: PluginFunction = {
  args: ["filters"],
  call: async (args) => {
    const sdk = ec2Sdk();
    const ids: string[] = [];
    for await (const page of sdk.paginateDescribeSubnets({ client: ec2Client() }, filtersOf(args)))
      ids.push(...(page.Subnets ?? []).flatMap(({ SubnetId }) => SubnetId ?? []));
    return { ...args, id: await region(), ids, tags: {}, region: await region() };
  },
};

export const getSecurityGroups: PluginFunction = {
  args: ["filters"],
  call: async (args) => {
    const sdk = ec2Sdk();
    const found: SecurityGroup[] = [];
    for await (const page of sdk.paginateDescribeSecurityGroups({ client: ec2Client() }, filtersOf(args)))
      found.push(...(page.SecurityGroups ?? []));
    return {
      ...args,
      id: await region(),
      arns: found.map(({ SecurityGroupArn }) => SecurityGroupArn),
      ids: found.map(({ GroupId }) => GroupId),
      region: await region(),
      tags: {},
      vpcIds: found.map(({ VpcId }) => VpcId),
    };
  },
};

export const getNetworkInterfaces: PluginFunction = {
  args: ["filters"],
  call: async (args) => {
    const sdk = ec2Sdk();
    const ids: string[] = [];
    for await (const page of sdk.paginateDescribeNetworkInterfaces({ client: ec2Client() }, filtersOf(args)))
      ids.push(...(page.NetworkInterfaces ?? []).flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? []));
    return { ...args, id: await region(), ids, region: await region(), tags: {} };
  },
};

export const getSecurityGroup: PluginFunction = {
  args: ["filters"],
  call: async (args) => {
    const sdk = ec2Sdk();
    const { SecurityGroups = [] } = await ec2Client().send(new sdk.DescribeSecurityGroupsCommand(filtersOf(args)));
    const [group, another] = SecurityGroups;
    if (!group) throw new Error("no matching EC2 Security Group found");
    if (another)
      throw new Error(
        "multiple EC2 Security Groups matched; use additional constraints to reduce matches to a single EC2 Security Group",
      );
    return {
      ...args,
      arn: await arn("ec2", `security-group/${group.GroupId ?? ""}`),
      description: group.Description,
      id: group.GroupId,
      name: group.GroupName,
      region: await region(),
      tags: fromList(group.Tags),
      vpcId: group.VpcId,
    };
  },
};
