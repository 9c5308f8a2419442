/** Tags of balancers, target groups and listeners. */
import { z } from "zod";
import type { Account, Tags } from "../account";
import { action } from "../action";
import { memberList, members, pairs, tagMembers, tagsOf } from "../members";
import { findListener, findLoadBalancer, findTargetGroup } from "./find";

function find(account: Account, arn: string): { tags: Tags } {
  if (arn.includes(":targetgroup/")) return findTargetGroup(account, arn);
  return arn.includes(":listener/") ? findListener(account, arn) : findLoadBalancer(account, arn);
}

export const describeTags = action(
  "reads",
  z.strictObject({ ResourceArns: members(z.string()) }),
  (account, { ResourceArns }) => ({
    TagDescriptions: memberList(
      ResourceArns.map((arn) => ({ ResourceArn: arn, Tags: pairs(find(account, arn).tags) })),
    ),
  }),
);

export const addTags = action(
  "mutates",
  z.strictObject({ ResourceArns: members(z.string()), Tags: tagMembers }),
  (account, { ResourceArns, Tags }) => {
    for (const arn of ResourceArns) Object.assign(find(account, arn).tags, tagsOf(Tags));
    return {};
  },
);

export const removeTags = action(
  "mutates",
  z.strictObject({ ResourceArns: members(z.string()), TagKeys: members(z.string()) }),
  (account, { ResourceArns, TagKeys }) => {
    for (const arn of ResourceArns) {
      const { tags } = find(account, arn);
      for (const key of TagKeys) Reflect.deleteProperty(tags, key);
    }
    return {};
  },
);
