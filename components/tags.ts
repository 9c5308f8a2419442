/** Names and tags of what the stack makes in AWS. */
import * as pulumi from "@pulumi/pulumi";
import { ownTags, stackTag } from "../settings/tagNames";

/** `<project>-<stack>-<cluster>`, with the purpose at the end if there is one: what AWS's console shows. */
export const awsName = (clusterName: string, purpose?: string): string =>
  [pulumi.getProject(), pulumi.getStack(), clusterName, ...(purpose === undefined ? [] : [purpose])].join("-");

/** `<project>/<stack>`, the owner as tags and the node name it. */
export const stackName = (): string => `${pulumi.getProject()}/${pulumi.getStack()}`;

/** The user's tags, of which each may be known only once another resource is made. */
export type UserTags = pulumi.Input<Record<string, pulumi.Input<string>>>;

export interface TagArgs {
  clusterName: string;
  tags: UserTags;
}

/** Never kOps' own tags: `kops delete cluster` takes whatever carries them. */
export function tags(
  { clusterName, tags }: TagArgs,
  purpose: string,
  more: Record<string, string> = {},
): pulumi.Output<Record<string, string>> {
  return pulumi.output(tags).apply((given): Record<string, string> => ({
    ...given,
    Name: awsName(clusterName, purpose),
    [stackTag]: stackName(),
    ...ownTags(clusterName),
    ...more,
  }));
}
