/** When a set of resources is in place. */
import * as pulumi from "@pulumi/pulumi";

/** True once every one of them has been made: a resource has its URN then. */
export function allDone(resources: readonly pulumi.Input<pulumi.Resource>[]): pulumi.Output<boolean> {
  return pulumi.all(resources.map((each) => pulumi.output(each).apply(({ urn }) => urn))).apply(() => true);
}
