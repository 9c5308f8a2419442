/** Mode dual-ip: the applications' addresses, a secondary private one and the Elastic IP on it. */
import type { Eip } from "@pulumi/aws/ec2";
import type * as pulumi from "@pulumi/pulumi";
import { PrimaryAddress } from "../settings/choices";
import { caller } from "./caller";
import { elasticAddress } from "./elasticAddress";
import { ExistingElasticIp } from "./existingElasticIp";
import type { ModeInputs } from "./mode";
import { SecondaryPrivateIp } from "./secondaryPrivateIp";
import { stackName } from "./tags";

/** AWS is asked whether it will do all that is needed; anything else in AWS is made after that. */
export function secondaryAddress(
  { name, args, node, connection, options }: ModeInputs,
  preflight: pulumi.Input<pulumi.Resource>,
): SecondaryPrivateIp {
  return new SecondaryPrivateIp(
    `${name}-secondary`,
    {
      networkInterfaceId: node.networkInterfaceId,
      requestedIp: args.secondaryPrivateIp,
      interfaceNamed: args.networkInterfaceId !== undefined,
      elasticIps: args.primaryAddress === PrimaryAddress.ElasticIp ? 2 : 1,
      allocationId: args.allocationId,
      stack: stackName(),
      connection,
      caller: caller(node, options),
    },
    { ...options, dependsOn: [preflight] },
  );
}

export interface IngressAddress {
  address: Pick<Eip, "publicIp" | "allocationId">;
  /** In place once the Elastic IP is tied to the address. */
  association: pulumi.Resource;
}

/**
 * The user's Elastic IP, or one that the stack allocates.
 * @param tiedAfter what must be there before it is tied, besides what both wait for
 */
export function ingressAddress(
  { name, args, node, connection, options }: ModeInputs,
  secondary: SecondaryPrivateIp,
  dependsOn: pulumi.Resource[],
  tiedAfter?: pulumi.Resource,
): IngressAddress {
  const { clusterName, tags, allocationId } = args;
  const place = { networkInterfaceId: node.networkInterfaceId, privateIpAddress: secondary.privateIpAddress };
  if (allocationId === undefined)
    return elasticAddress(
      name,
      { clusterName, tags, purpose: "ingress", ...place, tiedAfter },
      { ...options, dependsOn },
    );
  const existing = new ExistingElasticIp(
    `${name}-ingress`,
    {
      ...place,
      allocationId,
      found: secondary.elasticIpFound,
      stack: stackName(),
      connection,
      caller: caller(node, options),
    },
    { ...options, dependsOn: [...dependsOn, ...(tiedAfter ? [tiedAfter] : [])] },
  );
  return { address: existing, association: existing };
}
