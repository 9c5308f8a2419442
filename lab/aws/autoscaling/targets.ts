/** Which instances a target group has: those of the Auto Scaling groups that are attached to it, whoever they are at the moment. */
import type { Account, Instance } from "../account";

/** Where Auto Scaling says which group an instance belongs to. */
export const groupTag = "aws:autoscaling:groupName";

export const instancesOf = ({ instances }: Account, groupName: string): Instance[] =>
  instances.filter(({ tags, state }) => tags[groupTag] === groupName && state !== "terminated");

export const targetsOf = (account: Account, targetGroupArn: string): Instance[] =>
  (account.autoScalingGroups ?? [])
    .filter(({ targetGroupArns }) => targetGroupArns.includes(targetGroupArn))
    .flatMap(({ name }) => instancesOf(account, name));
