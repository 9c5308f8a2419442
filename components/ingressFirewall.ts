/** Lets the applications' clients in: a security group of our own, for kOps removes rules that it does not know from its groups. */
import * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import type * as pulumi from "@pulumi/pulumi";
import { awsName, type TagArgs, tags } from "./tags";

export interface IngressFirewallArgs extends TagArgs {
  vpcId: pulumi.Input<string>;
  networkInterfaceId: pulumi.Input<string>;
  allowedCidrs: readonly string[];
  /** TCP ports that are opened to `allowedCidrs`. */
  ports: readonly number[];
}

/** Returns what must be there before clients get in. */
export function ingressFirewall(
  name: string,
  args: IngressFirewallArgs,
  options: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const group = new ec2.SecurityGroup(
    `${name}-ingress`,
    {
      namePrefix: `${awsName(args.clusterName)}-`,
      description: "Applications on a kOps node (kops-secondary-ingress)",
      vpcId: args.vpcId,
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
  const attachment = new ec2.NetworkInterfaceSecurityGroupAttachment(
    `${name}-ingress`,
    { securityGroupId: group.id, networkInterfaceId: args.networkInterfaceId },
    options,
  );
  return [...rules, attachment];
}
