/** Lets the applications' clients in: a security group of our own, because kOps removes rules that it does not know from its groups. */
import * as ec2 from "@pulumi/aws/ec2";
import type * as pulumi from "@pulumi/pulumi";
import { type Resources, together } from "./allDone";
import type { Connection } from "./aws/connection";
import { caller } from "./caller";
import { clientRules } from "./clientRules";
import type { Node } from "./node";
import { SecurityGroupMembership } from "./securityGroupMembership";
import { awsName, type TagArgs, tags } from "./tags";

export interface IngressFirewallArgs extends TagArgs {
  node: pulumi.Output<Node>;
  connection: pulumi.Output<Connection>;
  /** IPv4 ranges. */
  allowedCidrs: pulumi.Input<pulumi.Input<string>[]>;
  /** TCP ports that are opened to `allowedCidrs`. */
  ports: readonly number[];
}

export interface IngressFirewall {
  securityGroupId: pulumi.Output<string>;
  /** What must be there before clients get in. */
  opened: Resources;
}

export function ingressFirewall(
  name: string,
  args: IngressFirewallArgs,
  options: pulumi.CustomResourceOptions,
): IngressFirewall {
  const { clusterName, node, allowedCidrs } = args;
  const group = new ec2.SecurityGroup(
    `${name}-ingress`,
    {
      namePrefix: `${awsName(clusterName)}-`,
      description: "Applications on a kOps node (kops-secondary-ingress)",
      vpcId: node.vpcId,
      tags: tags(args, "ingress"),
    },
    options,
  );
  const tagged = { clusterName, tags: args.tags };
  const rules = args.ports.map((port) =>
    clientRules(name, { ...tagged, group, purpose: "ingress", port, allowedCidrs }, options),
  );
  // The interface's launch decides, so the type stays the same for the interface's life. Made inside apply: docs/decisions/0013.
  const attached = node.apply(({ bringsGroup, networkInterfaceId }) =>
    bringsGroup
      ? new SecurityGroupMembership(
          `${name}-ingress`,
          { securityGroupId: group.id, networkInterfaceId, connection: args.connection, caller: caller(node, options) },
          options,
        )
      : new ec2.NetworkInterfaceSecurityGroupAttachment(
          `${name}-ingress`,
          { securityGroupId: group.id, networkInterfaceId },
          options,
        ),
  );
  return { securityGroupId: group.id, opened: together(...rules, [attached]) };
}
