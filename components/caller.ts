/** The principal that the `aws` provider calls AWS as. */
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity";
import type * as pulumi from "@pulumi/pulumi";
import { principal } from "./aws/connection";

/**
 * ARN of the user or role.
 * @param after what has to be known first: nothing needs the ARN before (docs/decisions/0003)
 */
export function caller(after: pulumi.Output<unknown>, options: pulumi.CustomResourceOptions): pulumi.Output<string> {
  return after.apply(() => getCallerIdentity({}, options)).apply(({ arn }) => principal(arn));
}
