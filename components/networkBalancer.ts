/** Mode load-balancer: the balancer, and its Elastic IP in each zone. */
import * as ec2 from "@pulumi/aws/ec2";
import * as lb from "@pulumi/aws/lb";
import * as pulumi from "@pulumi/pulumi";
import type { Balancing } from "./balancerDiscovery";
import { subnetTag } from "./balancerPlaces";
import type { ModeInputs } from "./mode";
import { tags } from "./tags";

export interface NetworkBalancer {
  balancer: lb.LoadBalancer;
  /** In the order of the places. */
  addresses: pulumi.Output<ec2.Eip[]>;
}

export function networkBalancer(
  { name, args, options }: ModeInputs,
  balancing: pulumi.Output<Balancing>,
  group: ec2.SecurityGroup,
): NetworkBalancer {
  // Made inside apply: the zones of the nodes name them (docs/decisions/0013).
  const addresses = balancing.places.apply((places) =>
    places.map(
      ({ purpose, subnetId }) =>
        new ec2.Eip(
          `${name}-${purpose}`,
          { domain: "vpc", tags: tags(args, purpose, { [subnetTag]: subnetId }) },
          options,
        ),
    ),
  );
  const balancer = new lb.LoadBalancer(
    name,
    {
      loadBalancerType: "network",
      internal: false,
      securityGroups: [group.id],
      subnetMappings: pulumi.all([balancing.places, addresses]).apply(([places, made]) =>
        places.map(({ subnetId }, index) => ({
          subnetId,
          ...(made[index] ? { allocationId: made[index].allocationId } : {}),
        })),
      ),
      // Clients have the addresses of every zone: each must answer, whichever zone the nodes are in.
      enableCrossZoneLoadBalancing: args.crossZone,
      tags: tags(args, "balancer"),
    },
    // AWS refuses a balancer whose addresses another has.
    { ...options, deleteBeforeReplace: true },
  );
  return { balancer, addresses };
}
