/** Mode node-port: applications on the node's own address and the ingress controller's NodePorts. No cost, no host file, no SSH. */
import type * as pulumi from "@pulumi/pulumi";
import { output } from "@pulumi/pulumi";
import { defaults } from "../settings";
import { allDone } from "./allDone";
import type { IngressOutputs, SecondaryIngressIpArgs } from "./args";
import { ingressFirewall } from "./ingressFirewall";
import type { Node } from "./node";

export function nodePort(
  name: string,
  args: SecondaryIngressIpArgs,
  node: pulumi.Output<Node>,
  options: pulumi.CustomResourceOptions,
): IngressOutputs {
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
    secondaryPrivateIp: output(""),
    ingressPublicIp: address,
    ingressPublicIps: output([]),
    ingressPort: httpsPort,
    ingressHttpPort: httpPort,
    ingressUrls: address.apply((host) => [`https://${host}:${httpsPort}`]),
    allocationId: output(""),
    statsPassword: output(""),
    ready: allDone(opened),
  };
}
