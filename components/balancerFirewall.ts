/** Mode load-balancer: the balancer's own security group, and the rules by which clients reach it and it reaches the nodes. */
import * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import type * as pulumi from "@pulumi/pulumi";
import { clientPorts } from "../settings/ports";
import { type Resources, together } from "./allDone";
import type { Balancing } from "./balancerDiscovery";
import { clientRules } from "./clientRules";
import type { ModeInputs } from "./mode";
import { awsName, tags } from "./tags";

export interface BalancerFirewall {
  group: ec2.SecurityGroup;
  rules: Resources;
}

/** From the balancer to the nodes, and by the nodes: kOps leaves rules for NodePorts in its groups alone. */
function nodeRules(
  { name, args, options }: ModeInputs,
  port: number,
  group: ec2.SecurityGroup,
  nodeSecurityGroupId: pulumi.Output<string>,
): pulumi.Resource[] {
  const rule = { ipProtocol: "tcp", fromPort: port, toPort: port };
  return [
    new vpc.SecurityGroupEgressRule(
      `${name}-balancer-to-${port}`,
      {
        ...rule,
        securityGroupId: group.id,
        referencedSecurityGroupId: nodeSecurityGroupId,
        tags: tags(args, `balancer-to-${port}`),
      },
      options,
    ),
    new vpc.SecurityGroupIngressRule(
      `${name}-nodes-${port}-from-balancer`,
      {
        ...rule,
        securityGroupId: nodeSecurityGroupId,
        referencedSecurityGroupId: group.id,
        tags: tags(args, `nodes-${port}`),
      },
      options,
    ),
  ];
}

export function balancerFirewall(inputs: ModeInputs, balancing: pulumi.Output<Balancing>): BalancerFirewall {
  const { name, args, options } = inputs;
  const { clusterName, tags: userTags, allowedCidrs } = args;
  const group = new ec2.SecurityGroup(
    `${name}-balancer`,
    {
      namePrefix: `${awsName(clusterName)}-`,
      description: "Load balancer of a kOps cluster (kops-secondary-ingress)",
      vpcId: balancing.vpcId,
      tags: tags(args, "balancer"),
    },
    options,
  );
  const clients = Object.values(clientPorts).map((port) =>
    clientRules(name, { clusterName, tags: userTags, group, purpose: "balancer", port, allowedCidrs }, options),
  );
  const toNodes = [args.httpsNodePort, args.httpNodePort].flatMap((port) =>
    nodeRules(inputs, port, group, balancing.nodeSecurityGroupId),
  );
  return { group, rules: together(...clients, toNodes) };
}
