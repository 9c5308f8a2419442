/** Who the stack's `aws` provider calls AWS as. */
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity";
import type * as pulumi from "@pulumi/pulumi";
import { principal } from "./aws/connection";
import type { Node } from "./node";

/** ARN of the user or role. Asked once the node is found, for nothing can wait for it before that. */
export function caller(node: pulumi.Output<Node>, options: pulumi.CustomResourceOptions): pulumi.Output<string> {
  return node.apply(() => getCallerIdentity({}, options)).apply(({ arn }) => principal(arn));
}
