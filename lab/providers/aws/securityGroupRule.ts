/** aws.vpc.SecurityGroupIngressRule and …EgressRule: vpc_security_group_ingress_rule.go. */
import type { SecurityGroupRule } from "@aws-sdk/client-ec2";
import { optionalText, type Properties, type ResourceType, text } from "../resource";
import { arn, ec2Client, ec2Sdk, unlessGone } from "./client";
import { tagProperties, tagSpecification, updateTags } from "./tags";

const described = (inputs: Properties): { Description?: string } =>
  optionalText(inputs, "description") ? { Description: text(inputs, "description") } : {};
const ports = (inputs: Properties): { FromPort?: number; ToPort?: number } => ({
  ...(inputs["fromPort"] === undefined ? {} : { FromPort: Number(inputs["fromPort"]) }),
  ...(inputs["toPort"] === undefined ? {} : { ToPort: Number(inputs["toPort"]) }),
});

async function find(id: string): Promise<SecurityGroupRule | undefined> {
  const sdk = ec2Sdk();
  const answer = await unlessGone(
    ec2Client().send(new sdk.DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [id] })),
    "InvalidSecurityGroupRuleId.NotFound",
  );
  return answer?.SecurityGroupRules?.[0];
}

async function describe(rule: SecurityGroupRule): Promise<Properties> {
  return {
    arn: await arn("ec2", `security-group-rule/${rule.SecurityGroupRuleId}`),
    securityGroupRuleId: rule.SecurityGroupRuleId,
    securityGroupId: rule.GroupId,
    ipProtocol: rule.IpProtocol,
    fromPort: rule.FromPort,
    toPort: rule.ToPort,
    cidrIpv4: rule.CidrIpv4,
    cidrIpv6: rule.CidrIpv6,
    description: rule.Description,
    referencedSecurityGroupId: rule.ReferencedGroupInfo?.GroupId,
    ...tagProperties(rule.Tags),
  };
}

export function securityGroupRule(direction: "ingress" | "egress"): ResourceType {
  return {
    replaceOn: ["securityGroupId"],
    create: async (inputs) => {
      const sdk = ec2Sdk();
      const permission = {
        IpProtocol: text(inputs, "ipProtocol"),
        ...ports(inputs),
        ...(inputs["cidrIpv4"] ? { IpRanges: [{ CidrIp: text(inputs, "cidrIpv4"), ...described(inputs) }] } : {}),
        ...(inputs["cidrIpv6"] ? { Ipv6Ranges: [{ CidrIpv6: text(inputs, "cidrIpv6"), ...described(inputs) }] } : {}),
        ...(inputs["referencedSecurityGroupId"]
          ? { UserIdGroupPairs: [{ GroupId: text(inputs, "referencedSecurityGroupId"), ...described(inputs) }] }
          : {}),
      };
      const request = {
        GroupId: text(inputs, "securityGroupId"),
        IpPermissions: [permission],
        ...tagSpecification("security-group-rule", inputs),
      };
      const answer = await (direction === "ingress"
        ? ec2Client().send(new sdk.AuthorizeSecurityGroupIngressCommand(request))
        : ec2Client().send(new sdk.AuthorizeSecurityGroupEgressCommand(request)));
      const id = answer.SecurityGroupRules?.[0]?.SecurityGroupRuleId ?? "";
      const tags = (inputs["tags"] ?? {}) as Record<string, string>;
      return {
        id,
        outputs: {
          ...inputs,
          securityGroupRuleId: id,
          arn: await arn("ec2", `security-group-rule/${id}`),
          tagsAll: tags,
        },
      };
    },
    read: async (id, _outputs, inputs) => {
      const rule = await find(id);
      if (!rule || rule.IsEgress !== (direction === "egress")) return undefined;
      const outputs = await describe(rule);
      const known = Object.entries(outputs).filter(([name, value]) => name in inputs && value !== undefined);
      return { outputs: { ...inputs, ...outputs }, inputs: { ...inputs, ...Object.fromEntries(known) } };
    },
    update: async (id, olds, news) => {
      await updateTags(id, olds, news);
      const sdk = ec2Sdk();
      await ec2Client().send(
        new sdk.ModifySecurityGroupRulesCommand({
          GroupId: text(news, "securityGroupId"),
          SecurityGroupRules: [
            {
              SecurityGroupRuleId: id,
              SecurityGroupRule: {
                IpProtocol: text(news, "ipProtocol"),
                ...ports(news),
                CidrIpv4: optionalText(news, "cidrIpv4"),
                CidrIpv6: optionalText(news, "cidrIpv6"),
                ReferencedGroupId: optionalText(news, "referencedSecurityGroupId"),
                ...described(news),
              },
            },
          ],
        }),
      );
      return { ...olds, ...news, tagsAll: news["tags"] ?? {} };
    },
    delete: async (id, outputs) => {
      const sdk = ec2Sdk();
      const request = { GroupId: text(outputs, "securityGroupId"), SecurityGroupRuleIds: [id] };
      const revoked: Promise<unknown> =
        direction === "ingress"
          ? ec2Client().send(new sdk.RevokeSecurityGroupIngressCommand(request))
          : ec2Client().send(new sdk.RevokeSecurityGroupEgressCommand(request));
      await unlessGone(revoked, "InvalidGroup.NotFound", "InvalidSecurityGroupRuleId.NotFound");
    },
  };
}
