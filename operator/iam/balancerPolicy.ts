/**
 * What mode load-balancer needs beside what every mode does. Resource types and conditions are those of AWS's service authorization
 * reference: list_awselasticloadbalancingv2.html and list_amazonec2autoscaling.html.
 */
import { partitionOf } from "./arn";
import { conditions, type Statement } from "./conditions";

/** Actions of EC2 that Elastic Load Balancing asks of whoever makes a balancer or a target group, beside those of every mode. */
export const askedByBalancers = ["DescribeAccountAttributes", "DescribeInternetGateways", "DescribeVpcs"] as const;

export interface BalancerScope {
  clusterName: string;
  region: string;
  accountId: string;
}

export function balancerStatements({ clusterName, region, accountId }: BalancerScope): Statement[] {
  const arn = (service: string, path: string): string =>
    `arn:${partitionOf(region)}:${service}:${region}:${accountId}:${path}/*`;
  const elb = (path: string): string => arn("elasticloadbalancing", path);
  const { beingMadeOurs, ours, ofTheCluster } = conditions(clusterName);
  const balancer = elb("loadbalancer/net");
  const targets = elb("targetgroup");
  const listener = elb("listener/net");
  return [
    {
      Sid: "LookAtBalancers",
      Effect: "Allow",
      // Describe calls know no resources.
      Action: [
        "autoscaling:DescribeAutoScalingGroups",
        "elasticloadbalancing:DescribeCapacityReservation",
        "elasticloadbalancing:DescribeListenerAttributes",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetGroups",
        // The doctor's.
        "elasticloadbalancing:DescribeTargetHealth",
      ],
      Resource: ["*"],
    },
    {
      Sid: "MakeBalancer",
      Effect: "Allow",
      Action: ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
      Resource: [balancer, targets],
      Condition: beingMadeOurs,
    },
    {
      Sid: "TagNewBalancer",
      Effect: "Allow",
      Action: ["elasticloadbalancing:AddTags"],
      Resource: [balancer, targets, listener],
      Condition: {
        StringEquals: {
          ...beingMadeOurs.StringEquals,
          "elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateTargetGroup", "CreateListener"],
        },
      },
    },
    {
      Sid: "ChangeBalancer",
      Effect: "Allow",
      Action: [
        "elasticloadbalancing:AddTags",
        // In our own balancer.
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:RemoveTags",
        "elasticloadbalancing:SetSubnets",
      ],
      Resource: [balancer, targets, listener],
      Condition: ours,
    },
    {
      Sid: "NodesGroups",
      Effect: "Allow",
      Action: [
        "autoscaling:AttachLoadBalancerTargetGroups",
        "autoscaling:DetachLoadBalancerTargetGroups",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupIngress",
      ],
      Resource: [arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName"), arn("ec2", "security-group")],
      Condition: ofTheCluster,
    },
  ];
}
