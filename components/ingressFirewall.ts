/** Lets the applications' clients in: a security group of our own, for kOps removes rules that it does not know from its groups. */
import * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import type * as pulumi from "@pulumi/pulumi";
import { awsConnection } from "./aws/connection";
import { caller } from "./caller";
import type { Node } from "./node";
import { SecurityGroupMembership } from "./securityGroupMembership";
import { awsName, type TagArgs, tags } from "./tags";

export interface IngressFirewallArgs extends TagArgs {
  node: pulumi.Output<Node>;
  allowedCidrs: readonly string[];
  /** TCP ports that are opened to `allowedCidrs`. */
  ports: readonly number[];
}

/** Returns what must be there before clients get in. */
export function ingressFirewall(
  name: string,
  args: IngressFirewallArgs,
  options: pulumi.CustomResourceOptions,
): pulumi.Input<pulumi.Resource>[] {
  const group = new ec2.SecurityGroup(
    `${name}-ingress`,
    {
      namePrefix: `${awsName(args.clusterName)}-`,
      description: "Applications on a kOps node (kops-secondary-ingress)",
      vpcId: args.node.vpcId,
      tags: tags(args, "ingress"),
    },
    options,
  );
  const rules = args.ports.flatMap((port) =>
    args.allowedCidrs.map(
      (cidr) =>
        new vpc.SecurityGroupIngressRule(
          `${name}-ingress-${port}-from-${cidr}`,
          {
            securityGroupId: group.id,
            ipProtocol: "tcp",
            fromPort: port,
            toPort: port,
            cidrIpv4: cidr,
            tags: tags(args, `ingress-${port}`),
          },
          options,
        ),
    ),
  );
  // Decided by what the interface was launched with, which is the same for as long as it lives: it never passes from one to the other.
  const attached = args.node.apply(({ bringsGroup, networkInterfaceId }) =>
    bringsGroup
      ? new SecurityGroupMembership(
          `${name}-ingress`,
          {
            securityGroupId: group.id,
            networkInterfaceId,
            connection: awsConnection(),
            caller: caller(args.node, options),
          },
          options,
        )
      : new ec2.NetworkInterfaceSecurityGroupAttachment(
          `${name}-ingress`,
          { securityGroupId: group.id, networkInterfaceId },
          options,
        ),
  );
  return [...rules, attached];
}
