/** An Elastic IP tied to one private address of the node. */
import * as ec2 from "@pulumi/aws/ec2";
import type * as pulumi from "@pulumi/pulumi";
import { type TagArgs, tags } from "./tags";

export interface ElasticAddressArgs extends TagArgs {
  /** What the address is for, in its name. */
  purpose: "ingress" | "api";
  networkInterfaceId: pulumi.Input<string>;
  privateIpAddress: pulumi.Input<string>;
}

export interface ElasticAddress {
  address: ec2.Eip;
  association: ec2.EipAssociation;
}

export function elasticAddress(
  name: string,
  args: ElasticAddressArgs,
  options: pulumi.CustomResourceOptions,
): ElasticAddress {
  const address = new ec2.Eip(`${name}-${args.purpose}`, { domain: "vpc", tags: tags(args, args.purpose) }, options);
  const association = new ec2.EipAssociation(
    `${name}-${args.purpose}`,
    {
      allocationId: address.allocationId,
      networkInterfaceId: args.networkInterfaceId,
      privateIpAddress: args.privateIpAddress,
    },
    // Associating to the same place returns the same id, which the deletion of the replaced one would then take away.
    { ...options, deleteBeforeReplace: true },
  );
  return { address, association };
}
