/**
 * The Network Load Balancer that kOps makes for the API of a cluster without `--dns public` (pkg/model/awsmodel, api_loadbalancer.go): its
 * security group alone may reach port 443 of the control plane.
 */
import type { KeptLab } from "../keptLab";
import { labCluster } from "../cloud/labAccount";

type Account = Pick<KeptLab, "aws" | "elb" | "autoscaling">;

interface Group {
  GroupId: string;
  VpcId: string;
}

/** kOps calls the target group and the balancer so, with a hash of the cluster's name. */
const name = `api-${labCluster.replaceAll(".", "-")}-0a1b2c`;
const tags = (Name: string): { Key: string; Value: string }[] => [
  { Key: "KubernetesCluster", Value: labCluster },
  { Key: `kubernetes.io/cluster/${labCluster}`, Value: "owned" },
  { Key: "Name", Value: Name },
];
const https = (from: object) => [{ IpProtocol: "tcp", FromPort: 443, ToPort: 443, ...from }];
const everyone = https({ IpRanges: [{ CidrIp: "0.0.0.0/0" }] });
const members = ({ GroupId }: Group) => https({ UserIdGroupPairs: [{ GroupId }] });

async function groupOf({ aws }: Account, Name: string): Promise<Group> {
  const Filters = tags(Name).map(({ Key, Value }) => ({ Name: `tag:${Key}`, Values: [Value] }));
  const { SecurityGroups } = (await aws("DescribeSecurityGroupsCommand", { Filters })) as { SecurityGroups: Group[] };
  const [group] = SecurityGroups;
  if (!group) throw new Error(`no security group ${Name}`);
  return group;
}

async function controlPlaneGroup({ autoscaling }: Account): Promise<string> {
  const { AutoScalingGroups } = (await autoscaling("DescribeAutoScalingGroupsCommand", {
    Filters: [
      { Name: "tag:KubernetesCluster", Values: [labCluster] },
      { Name: "tag-key", Values: ["k8s.io/role/control-plane"] },
    ],
  })) as { AutoScalingGroups: { AutoScalingGroupName: string }[] };
  return AutoScalingGroups[0]?.AutoScalingGroupName ?? "";
}

/** As `kops update cluster` does with `spec.api.loadBalancer`. */
export async function makeApiBalancer(account: Account): Promise<void> {
  const { aws, elb, autoscaling } = account;
  const controlPlane = await groupOf(account, `masters.${labCluster}`);
  const { VpcId } = controlPlane;
  const { GroupId } = (await aws("CreateSecurityGroupCommand", {
    ...{ GroupName: `api-elb.${labCluster}`, Description: "Security group for api ELB", VpcId },
    TagSpecifications: [{ ResourceType: "security-group", Tags: tags(`api-elb.${labCluster}`) }],
  })) as { GroupId: string };
  const group = { GroupId, VpcId };
  await aws("AuthorizeSecurityGroupIngressCommand", { GroupId, IpPermissions: everyone });
  await aws("AuthorizeSecurityGroupIngressCommand", { GroupId: controlPlane.GroupId, IpPermissions: members(group) });
  await aws("RevokeSecurityGroupIngressCommand", { GroupId: controlPlane.GroupId, IpPermissions: everyone });

  const { Subnets } = (await aws("DescribeSubnetsCommand", {
    Filters: [{ Name: "vpc-id", Values: [VpcId] }],
  })) as { Subnets: { SubnetId: string }[] };
  const { TargetGroups } = (await elb("CreateTargetGroupCommand", {
    ...{ Name: name, Protocol: "TCP", Port: 443, VpcId, Tags: tags(name) },
    ...{ HealthCheckProtocol: "TCP", HealthCheckIntervalSeconds: 10, HealthyThresholdCount: 2 },
  })) as { TargetGroups: { TargetGroupArn: string }[] };
  const { LoadBalancers } = (await elb("CreateLoadBalancerCommand", {
    ...{ Name: name, Type: "network", Scheme: "internet-facing", SecurityGroups: [GroupId] },
    SubnetMappings: [{ SubnetId: Subnets[0]?.SubnetId }],
    Tags: tags(`api.${labCluster}`),
  })) as { LoadBalancers: { LoadBalancerArn: string }[] };
  const { TargetGroupArn = "" } = TargetGroups[0] ?? {};
  const { LoadBalancerArn = "" } = LoadBalancers[0] ?? {};
  await elb("CreateListenerCommand", {
    ...{ LoadBalancerArn, Protocol: "TCP", Port: 443 },
    DefaultActions: [{ Type: "forward", TargetGroupArn }],
  });
  await autoscaling("AttachLoadBalancerTargetGroupsCommand", {
    AutoScalingGroupName: await controlPlaneGroup(account),
    TargetGroupARNs: [TargetGroupArn],
  });
  // It becomes active once it has been looked at.
  await elb("DescribeLoadBalancersCommand", { LoadBalancerArns: [LoadBalancerArn] });
}

/** As a person and `kops update cluster` do who give the cluster public names instead: kOps deletes no balancer. */
export async function removeApiBalancer(account: Account): Promise<void> {
  const { aws, elb, autoscaling } = account;
  const controlPlane = await groupOf(account, `masters.${labCluster}`);
  const group = await groupOf(account, `api-elb.${labCluster}`);
  await aws("AuthorizeSecurityGroupIngressCommand", { GroupId: controlPlane.GroupId, IpPermissions: everyone });
  await aws("RevokeSecurityGroupIngressCommand", { GroupId: controlPlane.GroupId, IpPermissions: members(group) });
  const { LoadBalancers } = (await elb("DescribeLoadBalancersCommand", { Names: [name] })) as {
    LoadBalancers: { LoadBalancerArn: string }[];
  };
  await elb("DeleteLoadBalancerCommand", { LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn });
  const { TargetGroups } = (await elb("DescribeTargetGroupsCommand", { Names: [name] })) as {
    TargetGroups: { TargetGroupArn: string }[];
  };
  const { TargetGroupArn = "" } = TargetGroups[0] ?? {};
  await autoscaling("DetachLoadBalancerTargetGroupsCommand", {
    AutoScalingGroupName: await controlPlaneGroup(account),
    TargetGroupARNs: [TargetGroupArn],
  });
  await elb("DeleteTargetGroupCommand", { TargetGroupArn });
  await aws("DeleteSecurityGroupCommand", { GroupId: group.GroupId });
}
