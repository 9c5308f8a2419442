/** Security group rules; each has its own ID. */
import { z } from "zod";
import type { Account, SecurityGroup, SecurityGroupRule, Tags } from "../account";
import type { Action, Answer } from "../action";
import { AwsError, invalidValue, missingParameter, notFound } from "../errors";
import { filterBy } from "../filters";
import { newId } from "../ids";
import { page } from "../paging";
import { list, someOf } from "../parameters";
import { ec2Change, ec2List, withIds } from "./ec2Action";
import {
  inWords,
  type Permission,
  permissionParameter,
  readPermissions,
  readRule,
  ruleParameter,
  samePermission,
} from "./permissions";
import { tagsOf, tagSet, tagSpecification } from "./tags";

/** Default quota of rules per group and direction. */
export const maximumRules = 60;

/** @throws AwsError if there is none */
export function findGroup(account: Account, id: string): SecurityGroup {
  const found = account.securityGroups.find(({ groupId }) => groupId === id);
  if (!found) throw notFound("group", id);
  return found;
}

const rulesOf = (account: Account, groupId: string, isEgress: boolean): SecurityGroupRule[] =>
  account.securityGroupRules.filter((rule) => rule.groupId === groupId && rule.isEgress === isEgress);

export function addRule(
  account: Account,
  { groupId }: SecurityGroup,
  isEgress: boolean,
  permission: Permission,
  tags: Tags = {},
): SecurityGroupRule {
  const { referencedGroupId } = permission;
  if (referencedGroupId !== undefined) findGroup(account, referencedGroupId);
  const rules = rulesOf(account, groupId, isEgress);
  if (rules.some((rule) => samePermission(rule, permission)))
    throw new AwsError("InvalidPermission.Duplicate", `the specified rule "${inWords(permission)}" already exists`);
  if (rules.length >= maximumRules)
    throw new AwsError(
      "RulesPerSecurityGroupLimitExceeded",
      "The maximum number of rules per security group has been reached.",
    );
  const rule = { securityGroupRuleId: newId("sgr"), groupId, isEgress, ...permission, tags: { ...tags } };
  account.securityGroupRules.push(rule);
  return rule;
}

function ruleData(account: Account, rule: SecurityGroupRule): Answer {
  const { referencedGroupId, tags, ...plain } = rule;
  return {
    ...plain,
    groupOwnerId: account.accountId,
    referencedGroupInfo: referencedGroupId && { groupId: referencedGroupId, userId: account.accountId },
    securityGroupRuleArn: `arn:aws:ec2:${account.region}:${account.accountId}:security-group-rule/${rule.securityGroupRuleId}`,
    tagSet: tagSet(tags),
  };
}

function authorize(isEgress: boolean): Action {
  return ec2Change(
    { GroupId: z.string(), IpPermissions: someOf(permissionParameter), TagSpecification: tagSpecification },
    (account, request) => {
      const group = findGroup(account, request.GroupId);
      const permissions = readPermissions(request.IpPermissions);
      const tags = tagsOf(request.TagSpecification, "security-group-rule");
      if (permissions.some((one, index) => permissions.findIndex((other) => samePermission(one, other)) !== index))
        throw invalidValue("The same permission must not appear multiple times");
      const added = permissions.map((permission) => addRule(account, group, isEgress, permission, tags));
      // The official provider reads the first rule's ID without a length check.
      return { return: true, securityGroupRuleSet: added.map((rule) => ruleData(account, rule)) };
    },
  );
}

export const authorizeSecurityGroupIngress = authorize(false);
export const authorizeSecurityGroupEgress = authorize(true);

function revoke(isEgress: boolean): Action {
  return ec2Change(
    { GroupId: z.string(), IpPermissions: list(permissionParameter), SecurityGroupRuleId: list(z.string()) },
    (account, request) => {
      const { groupId } = findGroup(account, request.GroupId);
      const rules = rulesOf(account, groupId, isEgress);
      if (request.IpPermissions.length + request.SecurityGroupRuleId.length === 0)
        throw missingParameter("IpPermissions");
      const byPermission = readPermissions(request.IpPermissions).map((permission) => {
        const found = rules.find((rule) => samePermission(rule, permission));
        if (!found)
          throw new AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
        return found;
      });
      const byId = request.SecurityGroupRuleId.map((id) => {
        const found = rules.find(({ securityGroupRuleId }) => securityGroupRuleId === id);
        if (!found) throw notFound("rule", id);
        return found;
      });
      const revoked = [...byPermission, ...byId];
      account.securityGroupRules = account.securityGroupRules.filter((rule) => !revoked.includes(rule));
      return { return: true };
    },
  );
}

export const revokeSecurityGroupIngress = revoke(false);
export const revokeSecurityGroupEgress = revoke(true);

export const modifySecurityGroupRules = ec2Change(
  {
    GroupId: z.string(),
    SecurityGroupRule: someOf(z.strictObject({ SecurityGroupRuleId: z.string(), SecurityGroupRule: ruleParameter })),
  },
  (account, request) => {
    const { groupId } = findGroup(account, request.GroupId);
    for (const { SecurityGroupRuleId: id, SecurityGroupRule } of request.SecurityGroupRule) {
      const index = account.securityGroupRules.findIndex(
        (rule) => rule.securityGroupRuleId === id && rule.groupId === groupId,
      );
      const rule = account.securityGroupRules[index];
      if (!rule) throw notFound("rule", id);
      const permission = readRule(SecurityGroupRule);
      if (permission.referencedGroupId !== undefined) findGroup(account, permission.referencedGroupId);
      if (rulesOf(account, groupId, rule.isEgress).some((other) => other !== rule && samePermission(other, permission)))
        throw new AwsError("InvalidPermission.Duplicate", `the specified rule "${inWords(permission)}" already exists`);
      const { securityGroupRuleId, isEgress, tags } = rule;
      account.securityGroupRules[index] = { securityGroupRuleId, groupId, isEgress, ...permission, tags };
    }
    return { return: true };
  },
);

export const describeSecurityGroupRules = ec2List({ SecurityGroupRuleId: list(z.string()) }, (account, request) => {
  const named = withIds(
    account.securityGroupRules,
    request.SecurityGroupRuleId,
    ({ securityGroupRuleId }) => securityGroupRuleId,
    (id) => notFound("rule", id),
  );
  const found = filterBy(named, request.Filter, {
    "group-id": ({ groupId }) => groupId,
    "security-group-rule-id": ({ securityGroupRuleId }) => securityGroupRuleId,
  });
  const { items, nextToken } = page(found, request);
  return { securityGroupRuleSet: items.map((rule) => ruleData(account, rule)), nextToken };
});
