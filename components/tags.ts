/** Names and tags of what the stack makes in AWS. */
import * as pulumi from "@pulumi/pulumi";

/** `<project>-<stack>-<cluster>`: what AWS's console shows. */
export function awsName(clusterName: string): string {
  return `${pulumi.getProject()}-${pulumi.getStack()}-${clusterName}`;
}

/** By which what this program made for a cluster is found again, whatever the stack is called now. */
export function ownTags(clusterName: string): Record<string, string> {
  return { "kops-secondary-ingress:cluster": clusterName, "managed-by": "kops-secondary-ingress" };
}

/** `<project>/<stack>`, the owner as tags and the node name it. */
export const stackName = (): string => `${pulumi.getProject()}/${pulumi.getStack()}`;

/** Names the stack on what it has made, and on nodes that kOps launches for it. */
export const stackTag = "kops-secondary-ingress:stack";

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
