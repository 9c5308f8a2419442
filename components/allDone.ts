/** When a set of resources is in place. */
import * as pulumi from "@pulumi/pulumi";

/** Resources of which some, or their number, may be known only once AWS has answered. */
export type Resources = pulumi.Input<pulumi.Input<pulumi.Resource>[]>;

/** One list of several. */
export const together = (...lists: Resources[]): pulumi.Output<pulumi.Resource[]> =>
  pulumi.all(lists).apply((each) => (each as pulumi.Resource[][]).flat());

/** Resolves once every one of them has been made: a resource has its URN then. */
export function allDone(resources: Resources): pulumi.Output<true> {
  return pulumi
    .output(resources)
    .apply((each) => pulumi.all((each as pulumi.Resource[]).map(({ urn }) => urn)))
    .apply(() => true as const);
}
