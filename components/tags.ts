/** Names and tags of what the stack makes in AWS. */
import * as pulumi from "@pulumi/pulumi";

/** `<project>-<stack>-<cluster>`: what AWS's console shows. */
export function awsName(clusterName: string): string {
  return `${pulumi.getProject()}-${pulumi.getStack()}-${clusterName}`;
}

/** Never kOps' own tags: `kops delete cluster` takes whatever carries them. */
export function tags(clusterName: string, purpose: string): Record<string, string> {
  return {
    Name: `${awsName(clusterName)}-${purpose}`,
    "kops-secondary-ingress:cluster": clusterName,
    "kops-secondary-ingress:stack": `${pulumi.getProject()}/${pulumi.getStack()}`,
    "managed-by": "kops-secondary-ingress",
  };
}
