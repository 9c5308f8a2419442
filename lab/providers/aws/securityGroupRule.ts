/** aws.vpc.SecurityGroupIngressRule and …EgressRule: vpc_security_group_ingress_rule.go. */
import type { IpPermission, SecurityGroupRuleRequest } from "@aws-sdk/client-ec2";
import { optionalText, type Properties, type ResourceType, text } from "../resource";
import { arn, ec2Client, ec2Sdk, region, unlessGone } from "./client";
import { fromList, givenTags, tagProperties, tagSpecification, updateTags } from "./tags";

/** The peer of a rule; a rule has exactly one, and its type cannot change. */
const sources = ["cidrIpv4", "cidrIpv6", "referencedSecurityGroupId"] as const;
/** All properties of a rule except its tags. */
const content = [...sources, "ipProtocol", "fromPort", "toPort", "description"] as const;

const port = (inputs: Properties, name: string): number | undefined =>
  inputs[name] === undefined ? undefined : Number(inputs[name]);

function permission(inputs: Properties): IpPermission {
  const described = { Description: optionalText(inputs, "description") };
  return {
    IpProtocol: text(inputs, "ipProtocol"),
    FromPort: port(inputs, "fromPort"),
    ToPort: port(inputs, "toPort"),
    ...(inputs["cidrIpv4"] ? { IpRanges: [{ CidrIp: text(inputs, "cidrIpv4"), ...described }] } : {}),
    ...(inputs["cidrIpv6"] ? { Ipv6Ranges: [{ CidrIpv6: text(inputs, "cidrIpv6"), ...described }] } : {}),
    ...(inputs["referencedSecurityGroupId"]
      ? { UserIdGroupPairs: [{ GroupId: text(inputs, "referencedSecurityGroupId"), ...described }] }
      : {}),
  };
}

function modification(inputs: Properties): SecurityGroupRuleRequest {
  return {
    IpProtocol: text(inputs, "ipProtocol"),
    FromPort: port(inputs, "fromPort"),
    ToPort: port(inputs, "toPort"),
    CidrIpv4: optionalText(inputs, "cidrIpv4"),
    CidrIpv6: optionalText(inputs, "cidrIpv6"),
    ReferencedGroupId: optionalText(inputs, "referencedSecurityGroupId"),
    Description: optionalText(inputs, "description"),
  };
}

export function securityGroupRule(direction: "ingress" | "egress"): ResourceType {
  return {
    inputs: ["securityGroupId", ...content, "tags"],
    computed: ["arn", "region", "securityGroupRuleId", "tagsAll"],
    recomputed: ["tagsAll"],
    replaceOn: ["securityGroupId"],
    replaces: (olds, news) => sources.filter((source) => source in olds !== source in news),
    create: async (inputs) => {
      const sdk = ec2Sdk();
      const request = {
        GroupId: text(inputs, "securityGroupId"),
        IpPermissions: [permission(inputs)],
        ...tagSpecification("security-group-rule", inputs),
      };
      const answer = await (direction === "ingress"
        ? ec2Client().send(new sdk.AuthorizeSecurityGroupIngressCommand(request))
        : ec2Client().send(new sdk.AuthorizeSecurityGroupEgressCommand(request)));
      const id = answer.SecurityGroupRules?.[0]?.SecurityGroupRuleId;
      if (!id) throw new Error("expected securityGroupRuleSet in AWS's response, found none");
      const ids = { securityGroupRuleId: id, arn: await arn("ec2", `security-group-rule/${id}`) };
      return { id, outputs: { ...inputs, ...ids, region: await region(), ...givenTags(inputs) } };
    },
    read: async (id) => {
      const sdk = ec2Sdk();
      const answer = await unlessGone(
        ec2Client().send(new sdk.DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [id] })),
        "InvalidSecurityGroupRuleId.NotFound",
      );
      const rule = answer?.SecurityGroupRules?.[0];
      if (!rule || rule.IsEgress !== (direction === "egress")) return undefined;
      const allPorts = rule.IpProtocol === "-1";
      return {
        arn: await arn("ec2", `security-group-rule/${id}`),
        securityGroupRuleId: id,
        securityGroupId: rule.GroupId,
        ipProtocol: rule.IpProtocol,
        fromPort: allPorts ? undefined : rule.FromPort,
        toPort: allPorts ? undefined : rule.ToPort,
        cidrIpv4: rule.CidrIpv4,
        cidrIpv6: rule.CidrIpv6,
        description: rule.Description,
        referencedSecurityGroupId: rule.ReferencedGroupInfo?.GroupId,
        region: await region(),
        ...tagProperties(fromList(rule.Tags)),
      };
    },
    update: async (id, olds, news) => {
      await updateTags(id, olds, news);
      if (content.some((name) => olds[name] !== news[name])) {
        const sdk = ec2Sdk();
        const rule = { SecurityGroupRuleId: id, SecurityGroupRule: modification(news) };
        await ec2Client().send(
          new sdk.ModifySecurityGroupRulesCommand({
            GroupId: text(news, "securityGroupId"),
            SecurityGroupRules: [rule],
          }),
        );
      }
      return { ...news, arn: olds["arn"], securityGroupRuleId: id, region: olds["region"], ...givenTags(news) };
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
