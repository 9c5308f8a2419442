/** The principal that the `aws` provider calls AWS as. */
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity";
import type * as pulumi from "@pulumi/pulumi";
import { principal } from "./aws/connection";
import type { Node } from "./node";

/** ARN of the user or role. Read once the node is found, because nothing needs it before (docs/decisions/0003). */
export function caller(node: pulumi.Output<Node>, options: pulumi.CustomResourceOptions): pulumi.Output<string> {
  return node.apply(() => getCallerIdentity({}, options)).apply(({ arn }) => principal(arn));
}
