/** Which instances an Auto Scaling group has, whoever they are at the moment. */
import type { Account, Instance } from "../account";

/** Where Auto Scaling says which group an instance belongs to. */
export const groupTag = "aws:autoscaling:groupName";

export const instancesOf = ({ instances }: Account, groupName: string): Instance[] =>
  instances.filter(({ tags, state }) => tags[groupTag] === groupName && state !== "terminated");
