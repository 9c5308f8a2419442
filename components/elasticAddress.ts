/** An Elastic IP of the stack's own, tied to one private address of the node. */
import * as ec2 from "@pulumi/aws/ec2";
import type * as pulumi from "@pulumi/pulumi";
import { type TagArgs, tags } from "./tags";

export interface ElasticAddressArgs extends TagArgs {
  /** What the address is for, in its name. */
  purpose: "ingress" | "api";
  networkInterfaceId: pulumi.Input<string>;
  privateIpAddress: pulumi.Input<string>;
  /** One that this program made and left there earlier is taken into the stack. */
  existing?: { allocationId: string; associationId: string } | undefined;
  /** What must be there before the address is tied, besides what both wait for. */
  tiedAfter?: pulumi.Resource | undefined;
}

export interface ElasticAddress {
  address: ec2.Eip;
  association: ec2.EipAssociation;
}

export function elasticAddress(
  name: string,
  args: ElasticAddressArgs,
  options: pulumi.CustomResourceOptions & { dependsOn: pulumi.Resource[] },
): ElasticAddress {
  const { existing, purpose } = args;
  const address = new ec2.Eip(
    `${name}-${purpose}`,
    { domain: "vpc", tags: tags(args, purpose) },
    { ...options, ...(existing ? { import: existing.allocationId } : {}) },
  );
  const association = new ec2.EipAssociation(
    `${name}-${purpose}`,
    {
      allocationId: address.allocationId,
      networkInterfaceId: args.networkInterfaceId,
      privateIpAddress: args.privateIpAddress,
    },
    // Associating to the same place returns the same id, which the deletion of the replaced one would then take away.
    {
      ...options,
      dependsOn: [...options.dependsOn, ...(args.tiedAfter ? [args.tiedAfter] : [])],
      deleteBeforeReplace: true,
      ...(existing ? { import: existing.associationId } : {}),
    },
  );
  return { address, association };
}
