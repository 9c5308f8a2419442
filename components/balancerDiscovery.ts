/** Mode load-balancer: what is asked of AWS before anything is made, so that what cannot work leaves AWS untouched. */
import * as pulumi from "@pulumi/pulumi";
import { type Balanced, findBalanced } from "./balancedNodes";
import { findPlaces, type Place } from "./balancerPlaces";
import type { ModeInputs } from "./mode";
import { awsName, stackName } from "./tags";

/** The nodes, and where the balancer has its addresses. */
export type Balancing = Balanced & { places: Place[]; vpcId: string };

export function discoverBalancing({ args, node, connection, options }: ModeInputs): pulumi.Output<Balancing> {
  const { clusterName, keepAddress, formerStack } = args;
  // Runs beside the search for the node.
  const found = connection.apply(async (settings) => {
    const balanced = await findBalanced(clusterName, options);
    const places = await findPlaces(settings, {
      zones: balanced.zones,
      keepAddress,
      owners: [stackName(), ...(formerStack === "" ? [] : [formerStack])],
      nameOf: (purpose) => awsName(clusterName, purpose),
    });
    return { ...balanced, places };
  });
  return pulumi.all([found, node]).apply(([balancing, { vpcId }]) => ({ ...balancing, vpcId }));
}
