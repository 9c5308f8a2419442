/** The current instances of an Auto Scaling group. */
import type { Account, Instance } from "../account";

/** Auto Scaling tags each instance with its group's name. */
export const groupTag = "aws:autoscaling:groupName";

export const instancesOf = ({ instances }: Account, groupName: string): Instance[] =>
  instances.filter(({ tags, state }) => tags[groupTag] === groupName && state !== "terminated");
