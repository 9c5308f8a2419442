/**
 * What the operator must be allowed to do in AWS, by the stack's settings and nothing more. Resource types and conditions are those
 * of AWS's service authorization reference:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html and list_amazonroute53.html
 */
import { IngressMode, PrimaryAddress } from "../../settings/choices";
import type { Settings } from "../../settings/schema";
import { quotas, rulesFor } from "../../components/aws/quotas";
import { partitionOf } from "./arn";
import { askedByBalancers, balancerStatements } from "./balancerPolicy";
import { conditions, type Statement } from "./conditions";

type Relevant =
  | "mode"
  | "clusterName"
  | "appDomains"
  | "secondaryPrivateIp"
  | "allocationId"
  | "primaryAddress"
  | "allowedCidrs"
  | "apiAllowedCidrs"
  | "route53ZoneId"
  | "overwriteRecords"
  | "healthChecks";

/** The settings that the operator's permissions depend on, and where the stack is. */
export interface PolicySettings extends Pick<Settings, Relevant> {
  /** `eu-central-1`; the policy is of no use in another. */
  region: string;
  /** Twelve digits, or `*` for whichever account the policy is attached in. */
  accountId: string;
}

export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: Statement[];
}

const askQuota: Statement = {
  Sid: "AskQuota",
  Effect: "Allow",
  Action: ["servicequotas:GetAWSDefaultServiceQuota", "servicequotas:GetServiceQuota"],
  Resource: ["*"],
};

/** What every mode does: find the node, and let the applications' clients in. */
function commonStatements({ mode, clusterName, region, accountId, ...settings }: PolicySettings): Statement[] {
  const arn = (type: string, id = "*"): string => `arn:${partitionOf(region)}:ec2:${region}:${accountId}:${type}/${id}`;
  const { beingMadeOurs, ours, ofTheCluster } = conditions(clusterName);
  const dualIp = mode === IngressMode.DualIp;
  const balanced = mode === IngressMode.LoadBalancer;
  const withAddress = dualIp || balanced;
  // In the place of the applications' one, the user's; the API's is still the stack's own.
  const { allocationId } = settings;
  const allocates =
    balanced || (dualIp && (allocationId === undefined || settings.primaryAddress === PrimaryAddress.ElasticIp));
  const look = [
    ...["DescribeAddresses", "DescribeInstances", "DescribeNetworkInterfaces"],
    ...["DescribeSecurityGroups", "DescribeSecurityGroupRules"],
    // Quotas of the interface and of Elastic IPs.
    ...(balanced ? askedByBalancers : ["DescribeAccountAttributes"]),
    ...(dualIp ? ["DescribeInstanceTypes", "DescribeRouteTables"] : []),
    ...(withAddress ? ["DescribeSubnets"] : []),
    ...(allocates ? ["DescribeAddressesAttribute"] : []),
    ...(balanced || (dualIp && settings.secondaryPrivateIp) ? ["DescribeTags"] : []),
    ...(dualIp && settings.apiAllowedCidrs.length > 0 ? ["DescribeVpcs"] : []),
  ];
  const group = arn("security-group");
  const rule = arn("security-group-rule");
  const address = arn("elastic-ip");
  // Our own address comes back from wherever somebody has moved it: the address's own condition still holds.
  const takeAddressBack: Statement = {
    Sid: "TakeOurAddressBack",
    Effect: "Allow",
    Action: ["ec2:DisassociateAddress"],
    Resource: [arn("network-interface")],
  };
  // By its id alone: it has no tag of ours, and gets none. It is never released.
  const usersAddress = (id: string): Statement => ({
    Sid: "UsersAddress",
    Effect: "Allow",
    Action: ["ec2:AssociateAddress", "ec2:DisassociateAddress"],
    Resource: [arn("elastic-ip", id)],
  });
  /** The node's interface is changed in the modes that have something on it. */
  const interfaceStatements = (): Statement[] => [
    {
      Sid: "NodesInterface",
      Effect: "Allow",
      Action: [
        "ec2:ModifyNetworkInterfaceAttribute",
        ...(dualIp ? ["ec2:AssignPrivateIpAddresses", "ec2:AssociateAddress", "ec2:UnassignPrivateIpAddresses"] : []),
      ],
      Resource: [arn("network-interface")],
      Condition: ofTheCluster,
    },
    // The call names all groups of the interface, those of kOps and of others among them.
    { Sid: "GroupsOfInterface", Effect: "Allow", Action: ["ec2:ModifyNetworkInterfaceAttribute"], Resource: [group] },
  ];
  return [
    {
      Sid: "Look",
      Effect: "Allow",
      // Describe calls know no resources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policies-for-amazon-ec2.html
      Action: look.map((action) => `ec2:${action}`),
      Resource: ["*"],
      Condition: { StringEquals: { "ec2:Region": region } },
    },
    // Of rules in a security group, for a list that exceeds what every account has.
    ...(rulesFor(settings.allowedCidrs) > quotas.rules.standard ? [askQuota] : []),
    { Sid: "WhoAmI", Effect: "Allow", Action: ["sts:GetCallerIdentity"], Resource: ["*"] },
    {
      Sid: "MakeOurOwn",
      Effect: "Allow",
      Action: [
        "ec2:CreateSecurityGroup",
        "ec2:AuthorizeSecurityGroupIngress",
        ...(balanced ? ["ec2:AuthorizeSecurityGroupEgress"] : []),
        ...(allocates ? ["ec2:AllocateAddress"] : []),
      ],
      Resource: [group, rule, ...(allocates ? [address] : [])],
      Condition: beingMadeOurs,
    },
    { Sid: "MakeGroupsInVpc", Effect: "Allow", Action: ["ec2:CreateSecurityGroup"], Resource: [arn("vpc")] },
    {
      Sid: "TagWhatIsMade",
      Effect: "Allow",
      Action: ["ec2:CreateTags"],
      Resource: [group, rule, ...(allocates ? [address] : [])],
      Condition: {
        StringEquals: {
          ...beingMadeOurs.StringEquals,
          "ec2:CreateAction": [
            "CreateSecurityGroup",
            "AuthorizeSecurityGroupIngress",
            ...(balanced ? ["AuthorizeSecurityGroupEgress"] : []),
            ...(allocates ? ["AllocateAddress"] : []),
          ],
        },
      },
    },
    {
      Sid: "ChangeOurOwn",
      Effect: "Allow",
      Action: [
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateTags",
        "ec2:DeleteSecurityGroup",
        "ec2:DeleteTags",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
        ...(balanced ? ["ec2:AuthorizeSecurityGroupEgress"] : []),
        ...(dualIp && allocates ? ["ec2:AssociateAddress"] : []),
        // A refresh has found the address on the balancer, and its deletion takes it off there.
        ...(allocates ? ["ec2:DisassociateAddress", "ec2:ReleaseAddress"] : []),
      ],
      Resource: [group, rule, ...(allocates ? [address] : [])],
      Condition: ours,
    },
    ...(balanced ? balancerStatements({ clusterName, region, accountId }) : interfaceStatements()),
    ...(withAddress ? [takeAddressBack] : []),
    ...(dualIp && allocationId !== undefined ? [usersAddress(allocationId)] : []),
  ];
}

/** Records of the applications' names only: never the API's, which are kOps'. */
function recordStatements({ mode, region, route53ZoneId, appDomains, overwriteRecords }: PolicySettings): Statement[] {
  if (mode === IngressMode.NodePort || !route53ZoneId) return [];
  const arn = (resource: string): string => `arn:${partitionOf(region)}:route53:::${resource}`;
  const zone = [arn(`hostedzone/${route53ZoneId}`)];
  return [
    {
      Sid: "LookAtZone",
      Effect: "Allow",
      Action: ["route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:ListTagsForResource"],
      Resource: zone,
    },
    { Sid: "WaitForRecords", Effect: "Allow", Action: ["route53:GetChange"], Resource: [arn("change/*")] },
    {
      Sid: "WriteRecords",
      Effect: "Allow",
      Action: ["route53:ChangeResourceRecordSets"],
      Resource: zone,
      // `*` is written as its octal code: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-rrset-conditions.html
      Condition: {
        "ForAllValues:StringEquals": {
          "route53:ChangeResourceRecordSetsNormalizedRecordNames": appDomains.map((name) =>
            name.toLowerCase().replace(/^\*/, "\\052"),
          ),
          "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
          // An update is an UPSERT, whether or not records of others are taken over.
          "route53:ChangeResourceRecordSetsActions": [...(overwriteRecords ? [] : ["CREATE"]), "UPSERT", "DELETE"],
        },
      },
    },
  ];
}

function healthCheckStatements({ mode, region, healthChecks }: PolicySettings): Statement[] {
  if (mode !== IngressMode.DualIp || !healthChecks) return [];
  return [
    { Sid: "MakeHealthChecks", Effect: "Allow", Action: ["route53:CreateHealthCheck"], Resource: ["*"] },
    {
      Sid: "HealthChecks",
      Effect: "Allow",
      Action: [
        "route53:ChangeTagsForResource",
        "route53:DeleteHealthCheck",
        "route53:GetHealthCheck",
        "route53:ListTagsForResource",
        "route53:UpdateHealthCheck",
      ],
      // Route 53 has no condition on tags.
      Resource: [`arn:${partitionOf(region)}:route53:::healthcheck/*`],
    },
  ];
}

/** An identity policy for the user or role that runs `pulumi`. */
export function policyFor(settings: PolicySettings): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [...commonStatements(settings), ...recordStatements(settings), ...healthCheckStatements(settings)],
  };
}
