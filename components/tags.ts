/** Names and tags of what the stack makes in AWS. */
import * as pulumi from "@pulumi/pulumi";
import { ownTags, stackTag } from "../settings/tagNames";

/** `<project>-<stack>-<cluster>`: what AWS's console shows. */
export function awsName(clusterName: string): string {
  return `${pulumi.getProject()}-${pulumi.getStack()}-${clusterName}`;
}

/** `<project>/<stack>`, the owner as tags and the node name it. */
export const stackName = (): string => `${pulumi.getProject()}/${pulumi.getStack()}`;

export interface TagArgs {
  clusterName: string;
  /** The user's own. */
  tags: Readonly<Record<string, string>>;
}

/** Never kOps' own tags: `kops delete cluster` takes whatever carries them. */
export function tags({ clusterName, tags }: TagArgs, purpose: string): Record<string, string> {
  return {
    ...tags,
    Name: `${awsName(clusterName)}-${purpose}`,
    [stackTag]: stackName(),
    ...ownTags(clusterName),
  };
}
