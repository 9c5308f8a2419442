/** Mode node-port: applications on the node's own address and the ingress controller's NodePorts. No cost, no host file, no SSH. */
import * as pulumi from "@pulumi/pulumi";
import { allDone } from "./allDone";
import type { Connection } from "./aws/connection";
import { groupFaults } from "./aws/limits";
import { ingressFirewall } from "./ingressFirewall";
import type { ModeInputs, ModeOutputs } from "./mode";
import type { Node } from "./node";
import { stackName } from "./tags";

/** @throws {pulumi.RunError} if the node's interface has no room for one more security group */
export async function withRoom(node: Node, connection: Connection): Promise<Node> {
  if (node.bringsGroup) return node;
  const { networkInterfaceId, securityGroupIds } = node;
  const [fault] = await groupFaults(connection, { networkInterfaceId, stack: stackName() }, securityGroupIds);
  if (fault !== undefined) throw new pulumi.RunError(`${fault}. Nothing was changed.`);
  return node;
}

export function nodePort({ name, args, node: found, connection, options }: ModeInputs): ModeOutputs {
  const { clusterName, tags, allowedCidrs, httpsNodePort, httpNodePort } = args;
  const node = pulumi.all([found, connection]).apply(([each, settings]) => withRoom(each, settings));
  const { securityGroupId, opened } = ingressFirewall(
    name,
    { clusterName, tags, node, connection, allowedCidrs, ports: [httpsNodePort, httpNodePort] },
    options,
  );
  const address = node.apply(({ publicIp, primaryPrivateIp }) => publicIp || primaryPrivateIp);
  return {
    apiPublicIp: node.publicIp,
    secondaryPrivateIp: pulumi.output(""),
    ingressPublicIp: address,
    ingressPublicIps: pulumi.output([]),
    ingressPort: httpsNodePort,
    ingressHttpPort: httpNodePort,
    ingressUrls: address.apply((host) => [`https://${host}:${httpsNodePort}`]),
    allocationId: pulumi.output(""),
    securityGroupId,
    statsPassword: pulumi.output(""),
    ready: allDone(opened),
  };
}
