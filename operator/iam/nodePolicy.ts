/**
 * What the node itself must be allowed to do where kOps brings the host files: look, and take the stack's own addresses to an
 * interface of its own cluster. Resource types and conditions as in policy.ts.
 */
import { partitionOf } from "./arn";
import { conditions, type Statement } from "./conditions";

export interface NodePolicySettings {
  clusterName: string;
  region: string;
  /** Twelve digits, or `*` for whichever account the policy is attached in. */
  accountId: string;
  /** Of the ingress's Elastic IP: `eipalloc-…`. */
  allocationId: string;
  /** It is the user's and has no tags of ours. */
  ofUser: boolean;
}

/** By which the statements are found again among others of the cluster's `additionalPolicies`. */
export const nodePolicySid = "SecondaryIngress";

export function nodeStatements({
  clusterName,
  region,
  accountId,
  allocationId,
  ofUser,
}: NodePolicySettings): Statement[] {
  const { ours, ofTheCluster } = conditions(clusterName);
  const arn = (resource: string): string => `arn:${partitionOf(region)}:ec2:${region}:${accountId}:${resource}`;
  return [
    {
      Sid: `${nodePolicySid}Look`,
      Effect: "Allow",
      // Describe calls know no resources.
      Action: ["ec2:DescribeAddresses", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces"],
      Resource: ["*"],
      Condition: { StringEquals: { "ec2:Region": region } },
    },
    {
      Sid: `${nodePolicySid}Address`,
      Effect: "Allow",
      Action: ["ec2:AssociateAddress"],
      Resource: [arn(`elastic-ip/${allocationId}`)],
      ...(ofUser ? {} : { Condition: ours }),
    },
    {
      Sid: `${nodePolicySid}Interface`,
      Effect: "Allow",
      Action: ["ec2:AssignPrivateIpAddresses", "ec2:AssociateAddress"],
      Resource: [arn("network-interface/*")],
      Condition: ofTheCluster,
    },
  ];
}
