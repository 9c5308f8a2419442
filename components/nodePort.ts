/** Mode node-port: applications on the node's own address and the ingress controller's NodePorts. No cost, no host file, no SSH. */
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../settings/choices";
import { allDone } from "./allDone";
import type { IngressOutputs, SecondaryIngressIpArgs } from "./args";
import { awsConnection } from "./aws/connection";
import { groupFaults } from "./aws/limits";
import { ingressFirewall } from "./ingressFirewall";
import type { Node } from "./node";
import { stackName } from "./tags";

/** The node, where its interface has room for one more security group. */
export async function withRoom(node: Node): Promise<Node> {
  if (node.bringsGroup) return node;
  const { networkInterfaceId, securityGroupIds } = node;
  const [fault] = await groupFaults(awsConnection(), { networkInterfaceId, stack: stackName() }, securityGroupIds);
  if (fault !== undefined) throw new pulumi.RunError(`${fault}. Nothing was changed.`);
  return node;
}

export function nodePort(
  name: string,
  args: SecondaryIngressIpArgs,
  found: pulumi.Output<Node>,
  options: pulumi.CustomResourceOptions,
): IngressOutputs {
  const node = found.apply(withRoom);
  const httpsPort = args.httpsNodePort ?? defaults.httpsNodePort;
  const httpPort = args.httpNodePort ?? defaults.httpNodePort;
  const opened = ingressFirewall(
    name,
    {
      clusterName: args.clusterName,
      tags: args.tags ?? defaults.tags,
      node,
      allowedCidrs: args.allowedCidrs ?? defaults.allowedCidrs,
      ports: [httpsPort, httpPort],
    },
    options,
  );
  const address = node.apply(({ publicIp, primaryPrivateIp }) => publicIp || primaryPrivateIp);
  return {
    apiPublicIp: node.publicIp,
    secondaryPrivateIp: pulumi.output(""),
    ingressPublicIp: address,
    ingressPublicIps: pulumi.output([]),
    ingressPort: httpsPort,
    ingressHttpPort: httpPort,
    ingressUrls: address.apply((host) => [`https://${host}:${httpsPort}`]),
    allocationId: pulumi.output(""),
    statsPassword: pulumi.output(""),
    ready: allDone(opened),
  };
}
