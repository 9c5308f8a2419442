import assert from "node:assert/strict";
import type { Account } from "../../../../lab/aws/account";
import { type AuthorizationRequest, authorizationRequests } from "../../../../lab/aws/iam/requests";
import type { Parameters } from "../../../../lab/aws/parameters";
import { freshAccount, zoneId } from "../harness";

const ours = { "managed-by": "kops-secondary-ingress" };

/** An account in which everything has tags by which it can be told apart. */
function account(): Account {
  const made = freshAccount();
  const [eni] = made.networkInterfaces;
  const [group] = made.securityGroups;
  assert(eni && group);
  made.addresses.push({
    ...{ allocationId: "eipalloc-1", publicIp: "203.0.113.10", networkBorderGroup: "x", publicIpv4Pool: "amazon" },
    association: {
      ...{ associationId: "eipassoc-1", networkInterfaceId: eni.networkInterfaceId, privateIpAddress: "172.20.45.38" },
    },
    tags: ours,
  });
  made.securityGroups.push({ ...group, groupId: "sg-1", tags: ours });
  const arn = (path: string): string => `arn:aws:elasticloadbalancing:eu-central-1:${made.accountId}:${path}`;
  made.loadBalancers = [{ arn: arn("loadbalancer/net/ours/1"), tags: ours }] as never;
  made.targetGroups = [{ arn: arn("targetgroup/ours/1"), tags: ours }] as never;
  made.listeners = [{ arn: arn("listener/net/ours/1/2"), tags: ours }] as never;
  return made;
}

describe("lab IAM: what AWS asks for a call", () => {
  const made = account();
  const [eni] = made.networkInterfaces;
  const [vpc] = made.vpcs;
  assert(eni && vpc);
  const ec2 = (resource: string): string => `arn:aws:ec2:eu-central-1:${made.accountId}:${resource}`;
  const elb = (resource: string): string => `arn:aws:elasticloadbalancing:eu-central-1:${made.accountId}:${resource}`;
  const asked = (service: string, action: string, parameters: Parameters = {}): AuthorizationRequest[] =>
    authorizationRequests(made, service, action, parameters);
  /** Each question in a line: action, resource, and the keys of the tags that it is decided by. */
  const lines = (requests: AuthorizationRequest[]): string[] =>
    requests.map(({ action, resource, context }) => {
      const keys = Object.keys(context).filter((key) => key !== "ec2:Region");
      return `${action} ${resource} ${keys.sort().join(" ")}`.trim();
    });

  const eniTags = Object.keys(eni.tags).map((key) => `aws:ResourceTag/${key}`);
  const vpcTags = Object.keys(vpc.tags).map((key) => `aws:ResourceTag/${key}`);
  const ourTag = "aws:ResourceTag/managed-by";
  const onEni = (action: string): string =>
    `ec2:${action} ${ec2(`network-interface/${eni.networkInterfaceId}`)} ${eniTags.sort().join(" ")}`.trim();
  const tagList = { "1": { Key: "managed-by", Value: "me" } };
  const specification = { "1": { ResourceType: "x", Tag: tagList } };
  const given = "aws:RequestTag/managed-by aws:TagKeys";

  const cases: [service: string, action: string, parameters: Parameters, expected: string[]][] = [
    ["ec2", "DescribeInstances", {}, ["ec2:DescribeInstances *"]],
    [
      "ec2",
      "ReleaseAddress",
      { AllocationId: "eipalloc-1" },
      [`ec2:ReleaseAddress ${ec2("elastic-ip/eipalloc-1")} ${ourTag}`],
    ],
    // Of what is not there, the call itself says so.
    ["ec2", "ReleaseAddress", { AllocationId: "eipalloc-9" }, []],
    [
      "ec2",
      "AllocateAddress",
      { TagSpecification: specification as never },
      [
        `ec2:AllocateAddress ${ec2("elastic-ip/eipalloc-new")} ${given}`,
        `ec2:CreateTags ${ec2("elastic-ip/eipalloc-new")} ${given} ec2:CreateAction`,
      ],
    ],
    ["ec2", "AllocateAddress", {}, [`ec2:AllocateAddress ${ec2("elastic-ip/eipalloc-new")}`]],
    [
      "ec2",
      "AssociateAddress",
      { AllocationId: "eipalloc-1", NetworkInterfaceId: eni.networkInterfaceId },
      [`ec2:AssociateAddress ${ec2("elastic-ip/eipalloc-1")} ${ourTag}`, onEni("AssociateAddress")],
    ],
    [
      "ec2",
      "DisassociateAddress",
      { AssociationId: "eipassoc-1" },
      [`ec2:DisassociateAddress ${ec2("elastic-ip/eipalloc-1")} ${ourTag}`, onEni("DisassociateAddress")],
    ],
    ["ec2", "DisassociateAddress", { AssociationId: "eipassoc-9" }, []],
    [
      "ec2",
      "CreateSecurityGroup",
      { VpcId: vpc.vpcId, TagSpecification: specification as never },
      [
        `ec2:CreateSecurityGroup ${ec2("security-group/sg-new")} ${given}`,
        `ec2:CreateTags ${ec2("security-group/sg-new")} ${given} ec2:CreateAction`,
        `ec2:CreateSecurityGroup ${ec2(`vpc/${vpc.vpcId}`)} ${vpcTags.sort().join(" ")}`.trim(),
      ],
    ],
    ...["Ingress", "Egress"].map((direction): (typeof cases)[number] => [
      "ec2",
      `AuthorizeSecurityGroup${direction}`,
      { GroupId: "sg-1" },
      [
        `ec2:AuthorizeSecurityGroup${direction} ${ec2("security-group/sg-1")} ${ourTag}`,
        `ec2:AuthorizeSecurityGroup${direction} ${ec2("security-group-rule/sgr-new")}`,
      ],
    ]),
    ...["RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "DeleteSecurityGroup"].map(
      (action): (typeof cases)[number] => [
        "ec2",
        action,
        { GroupId: "sg-1" },
        [`ec2:${action} ${ec2("security-group/sg-1")} ${ourTag}`],
      ],
    ),
    [
      "ec2",
      "ModifyNetworkInterfaceAttribute",
      { NetworkInterfaceId: eni.networkInterfaceId, SecurityGroupId: { "1": "sg-1" } as never },
      [
        onEni("ModifyNetworkInterfaceAttribute"),
        `ec2:ModifyNetworkInterfaceAttribute ${ec2("security-group/sg-1")} ${ourTag}`,
      ],
    ],
    ...["AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"].map((action): (typeof cases)[number] => [
      "ec2",
      action,
      { NetworkInterfaceId: eni.networkInterfaceId },
      [onEni(action)],
    ]),
    ...["CreateTags", "DeleteTags"].map((action): (typeof cases)[number] => [
      "ec2",
      action,
      { ResourceId: { "1": "eipalloc-1", "2": "sg-9" } as never, Tag: tagList as never },
      [`ec2:${action} ${ec2("elastic-ip/eipalloc-1")} aws:RequestTag/managed-by ${ourTag} aws:TagKeys`],
    ]),
    ["route53", "GetHostedZone", { Id: zoneId }, [`route53:GetHostedZone arn:aws:route53:::hostedzone/${zoneId}`]],
    ["route53", "GetChange", { Id: "C1" }, ["route53:GetChange arn:aws:route53:::change/C1"]],
    ["route53", "CreateHealthCheck", {}, ["route53:CreateHealthCheck *"]],
    [
      "route53",
      "DeleteHealthCheck",
      { HealthCheckId: "h1" },
      ["route53:DeleteHealthCheck arn:aws:route53:::healthcheck/h1"],
    ],
    [
      "route53",
      "ListTagsForResource",
      { ResourceType: "hostedzone", ResourceId: zoneId },
      [`route53:ListTagsForResource arn:aws:route53:::hostedzone/${zoneId}`],
    ],
    ["elasticloadbalancing", "DescribeTags", {}, ["elasticloadbalancing:DescribeTags *"]],
    [
      "elasticloadbalancing",
      "CreateTargetGroup",
      { Tags: { member: tagList } as never },
      [
        `elasticloadbalancing:CreateTargetGroup ${elb("targetgroup/new/1")} ${given}`,
        `elasticloadbalancing:AddTags ${elb("loadbalancer/net/new/1")} ${given} elasticloadbalancing:CreateAction`,
        // Elastic Load Balancing looks at the VPC in the caller's name.
        "ec2:DescribeInternetGateways *",
        "ec2:DescribeVpcs *",
      ],
    ],
    [
      "elasticloadbalancing",
      "CreateListener",
      { LoadBalancerArn: elb("loadbalancer/net/ours/1") },
      [`elasticloadbalancing:CreateListener ${elb("loadbalancer/net/ours/1")} ${ourTag}`],
    ],
    [
      "elasticloadbalancing",
      "DeleteListener",
      { ListenerArn: elb("listener/net/ours/1/2") },
      [`elasticloadbalancing:DeleteListener ${elb("listener/net/ours/1/2")} ${ourTag}`],
    ],
    ["elasticloadbalancing", "DeleteListener", { ListenerArn: elb("listener/net/other/1/2") }, []],
    ["sts", "GetCallerIdentity", {}, ["sts:GetCallerIdentity *"]],
  ];
  for (const [service, action, parameters, expected] of cases)
    it(`${service}:${action} of ${JSON.stringify(parameters)}`, () =>
      assert.deepEqual(lines(asked(service, action, parameters)), expected));

  it("tells the values of tags, of the Region, and of what is made", () => {
    const [release] = asked("ec2", "ReleaseAddress", { AllocationId: "eipalloc-1" });
    assert.deepEqual(release?.context, { "ec2:Region": "eu-central-1", [ourTag]: "kops-secondary-ingress" });
    const [, tags] = asked("ec2", "AllocateAddress", { TagSpecification: specification as never });
    assert.deepEqual(tags?.context, {
      "ec2:Region": "eu-central-1",
      "aws:RequestTag/managed-by": "me",
      "aws:TagKeys": ["managed-by"],
      "ec2:CreateAction": "AllocateAddress",
    });
  });

  it("tells the names, types and actions of records, as the conditions see them", () => {
    const change = { Action: "UPSERT", ResourceRecordSet: { Name: "App.Example.com.", Type: "A" } };
    const [request] = asked("route53", "ChangeResourceRecordSets", {
      Id: zoneId,
      ChangeBatch: { Changes: { Change: { "1": change } } } as never,
    });
    assert.deepEqual(request, {
      action: "route53:ChangeResourceRecordSets",
      resource: `arn:aws:route53:::hostedzone/${zoneId}`,
      context: {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["app.example.com"],
        "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
        "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
      },
    });
  });

  it("asks about an Auto Scaling group by its ARN and tags", () => {
    const [group] = made.autoScalingGroups ?? [];
    assert(group);
    const call = { AutoScalingGroupName: group.name };
    assert.deepEqual(asked("autoscaling", "AttachLoadBalancerTargetGroups", call), [
      {
        action: "autoscaling:AttachLoadBalancerTargetGroups",
        resource: group.arn,
        context: Object.fromEntries(
          Object.entries(group.tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
        ),
      },
    ]);
    assert.equal(asked("autoscaling", "DescribeAutoScalingGroups", call)[0]?.resource, "*");
  });
});
