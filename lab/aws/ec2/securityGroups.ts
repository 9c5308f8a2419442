/** Security groups. */
import { z } from "zod";
import type { Account, SecurityGroup, SecurityGroupRule } from "../account";
import type { Answer } from "../action";
import { AwsError, invalidValue, notFound } from "../errors";
import { filterBy, type FilterTable } from "../filters";
import { newId } from "../ids";
import { page } from "../paging";
import { list } from "../parameters";
import { ec2Change, ec2List, withIds } from "./ec2Action";
import { addRule, findGroup } from "./securityGroupRules";
import { tagsOf, tagSet, tagSpecification } from "./tags";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html: 1–255 of these characters. */
const text = z
  .string()
  .regex(/^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/, "Character sets beyond ASCII are not supported.");

const arn = ({ accountId, region }: Account, groupId: string): string =>
  `arn:aws:ec2:${region}:${accountId}:security-group/${groupId}`;

/** Adds the default egress rule; the official provider revokes it first. */
export const createSecurityGroup = ec2Change(
  { GroupName: text, GroupDescription: text, VpcId: z.string().optional(), TagSpecification: tagSpecification },
  (account, request) => {
    const { GroupName: groupName, GroupDescription: description, VpcId: vpcId } = request;
    if (/^sg-/i.test(groupName))
      throw invalidValue("invalid value for parameter groupName: it must not begin with sg-");
    if (groupName === "default") throw new AwsError("InvalidGroup.Reserved", "The group name 'default' is reserved.");
    // A kOps cluster has its own VPC, so the account has no default one.
    if (vpcId === undefined) throw new AwsError("VPCIdNotSpecified", "No default VPC for this user");
    if (!account.vpcs.some((vpc) => vpc.vpcId === vpcId)) throw notFound("vpc", vpcId);
    if (account.securityGroups.some((group) => group.vpcId === vpcId && group.groupName === groupName))
      throw new AwsError(
        "InvalidGroup.Duplicate",
        `The security group '${groupName}' already exists for VPC '${vpcId}'`,
      );
    const tags = tagsOf(request.TagSpecification, "security-group");
    const group: SecurityGroup = { groupId: newId("sg"), groupName, description, vpcId, tags };
    account.securityGroups.push(group);
    addRule(account, group, true, { ipProtocol: "-1", fromPort: -1, toPort: -1, cidrIpv4: "0.0.0.0/0" });
    const { groupId } = group;
    return { return: true, groupId, securityGroupArn: arn(account, groupId), tagSet: tagSet(tags) };
  },
);

export const deleteSecurityGroup = ec2Change({ GroupId: z.string() }, (account, request) => {
  const { groupId } = findGroup(account, request.GroupId);
  const attached = account.networkInterfaces.some(({ securityGroupIds }) => securityGroupIds.includes(groupId));
  const referenced = account.securityGroupRules.some(
    (rule) => rule.referencedGroupId === groupId && rule.groupId !== groupId,
  );
  if (attached || referenced) throw new AwsError("DependencyViolation", `resource ${groupId} has a dependent object`);
  account.securityGroups = account.securityGroups.filter((group) => group.groupId !== groupId);
  account.securityGroupRules = account.securityGroupRules.filter((rule) => rule.groupId !== groupId);
  return { return: true, groupId };
});

/** Rules of one direction as `IpPermissions`: one entry per protocol and ports, with all peers. */
function ipPermissions(account: Account, rules: readonly SecurityGroupRule[]): Answer[] {
  const byTraffic = new Map<string, SecurityGroupRule[]>();
  for (const rule of rules) {
    const traffic = `${rule.ipProtocol} ${rule.fromPort} ${rule.toPort}`;
    byTraffic.set(traffic, [...(byTraffic.get(traffic) ?? []), rule]);
  }
  return [...byTraffic.values()].map((same) => {
    const [first] = same;
    const ports = first?.ipProtocol === "-1" ? {} : { fromPort: first?.fromPort, toPort: first?.toPort };
    return {
      ipProtocol: first?.ipProtocol,
      ...ports,
      ipRanges: same.flatMap(({ cidrIpv4: cidrIp, description }) => (cidrIp ? { cidrIp, description } : [])),
      ipv6Ranges: same.flatMap(({ cidrIpv6, description }) => (cidrIpv6 ? { cidrIpv6, description } : [])),
      groups: same.flatMap(({ referencedGroupId: groupId, description }) =>
        groupId ? { userId: account.accountId, groupId, description } : [],
      ),
      prefixListIds: [],
    };
  });
}

const rulesOf = (account: Account, { groupId }: SecurityGroup, isEgress: boolean): SecurityGroupRule[] =>
  account.securityGroupRules.filter((rule) => rule.groupId === groupId && rule.isEgress === isEgress);

function filters(account: Account): FilterTable<SecurityGroup> {
  const permissionFilters = (prefix: string, isEgress: boolean): FilterTable<SecurityGroup> => {
    const each =
      (name: "cidrIpv4" | "cidrIpv6" | "fromPort" | "toPort" | "ipProtocol" | "referencedGroupId") =>
      (group: SecurityGroup) =>
        rulesOf(account, group, isEgress).map((rule) => rule[name]);
    return {
      [`${prefix}.cidr`]: each("cidrIpv4"),
      [`${prefix}.from-port`]: each("fromPort"),
      [`${prefix}.group-id`]: each("referencedGroupId"),
      [`${prefix}.ipv6-cidr`]: each("cidrIpv6"),
      [`${prefix}.protocol`]: each("ipProtocol"),
      [`${prefix}.to-port`]: each("toPort"),
    };
  };
  return {
    ...permissionFilters("ip-permission", false),
    ...permissionFilters("egress.ip-permission", true),
    description: ({ description }) => description,
    "group-id": ({ groupId }) => groupId,
    "group-name": ({ groupName }) => groupName,
    "owner-id": () => account.accountId,
    "vpc-id": ({ vpcId }) => vpcId,
  };
}

export const describeSecurityGroups = ec2List({ GroupId: list(z.string()) }, (account, request) => {
  const named = withIds(
    account.securityGroups,
    request.GroupId,
    ({ groupId }) => groupId,
    (id) => notFound("group", id),
  );
  const { items, nextToken } = page(filterBy(named, request.Filter, filters(account)), request);
  return {
    securityGroupInfo: items.map((group) => ({
      ownerId: account.accountId,
      groupId: group.groupId,
      groupName: group.groupName,
      groupDescription: group.description,
      vpcId: group.vpcId,
      securityGroupArn: arn(account, group.groupId),
      ipPermissions: ipPermissions(account, rulesOf(account, group, false)),
      ipPermissionsEgress: ipPermissions(account, rulesOf(account, group, true)),
      tagSet: tagSet(group.tags),
    })),
    nextToken,
  };
});
