/** Mode dual-ip: applications on a secondary private address with an Elastic IP of its own, on 443 and 80. */
import * as awsConfig from "@pulumi/aws/config";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword";
import { hostSteps } from "../hostfiles";
import { defaults, PrimaryAddress } from "../settings";
import { allDone } from "./allDone";
import type { IngressOutputs, SecondaryIngressIpArgs, SshArgs } from "./args";
import { dnsRecords } from "./dnsRecords";
import { elasticAddress } from "./elasticAddress";
import { type HostInputs, hostInstallation, remoteStep } from "./hostInstallation";
import { ingressFirewall } from "./ingressFirewall";
import type { Node } from "./node";
import { SecondaryPrivateIp } from "./secondaryPrivateIp";

/** Where the applications' clients come in. */
const ports = { https: 443, http: 80 } as const;

function requireSsh({ ssh }: SecondaryIngressIpArgs): SshArgs {
  if (!ssh) throw new pulumi.RunError("ssh: expected the node's login and host key for mode dual-ip, found nothing");
  return ssh;
}

export function dualIp(
  name: string,
  args: SecondaryIngressIpArgs,
  node: pulumi.Output<Node>,
  options: pulumi.CustomResourceOptions,
): IngressOutputs {
  const { clusterName, appDomains = defaults.appDomains } = args;
  const ssh = {
    ssh: requireSsh(args),
    ...(args.sshPrivateKey === undefined ? {} : { sshPrivateKey: args.sshPrivateKey }),
    address: node.apply(({ publicIp, primaryPrivateIp }) => publicIp || primaryPrivateIp),
    onDestroy: args.onDestroy ?? defaults.onDestroy,
  };
  const password = new RandomPassword(`${name}-stats`, { length: 32, special: false }, options);
  const known = {
    owner: `${pulumi.getProject()}/${pulumi.getStack()}`,
    instanceId: node.instanceId,
    clusterName,
    primaryPrivateIp: node.primaryPrivateIp,
    httpsNodePort: args.httpsNodePort ?? defaults.httpsNodePort,
    httpNodePort: args.httpNodePort ?? defaults.httpNodePort,
    apiForwarder: args.apiForwarder ?? defaults.apiForwarder,
    apiLocalPort: args.apiLocalPort ?? defaults.apiLocalPort,
    proxyProtocol: args.proxyProtocol ?? defaults.proxyProtocol,
    statsPassword: password.result,
  };

  // The node is looked at first, read-only: a node that cannot work leaves AWS untouched.
  const [preflight, ...steps] = hostSteps(known.apiForwarder);
  if (!preflight) throw new Error("hostSteps() is empty");
  const looked = remoteStep(name, preflight, { ...known, secondaryPrivateIp: "" }, ssh, options);
  const afterLooking = { ...options, dependsOn: [looked] };

  const secondary = new SecondaryPrivateIp(
    `${name}-secondary`,
    {
      networkInterfaceId: node.networkInterfaceId,
      requestedIp: args.secondaryPrivateIp,
      region: awsConfig.region,
      profile: awsConfig.profile,
    },
    afterLooking,
  );
  const opened = ingressFirewall(
    name,
    {
      clusterName,
      vpcId: node.vpcId,
      networkInterfaceId: node.networkInterfaceId,
      allowedCidrs: args.allowedCidrs ?? defaults.allowedCidrs,
      ports: Object.values(ports),
    },
    afterLooking,
  );
  const eni = { clusterName, networkInterfaceId: node.networkInterfaceId };
  const ingress = elasticAddress(
    name,
    { ...eni, purpose: "ingress", privateIpAddress: secondary.privateIpAddress },
    afterLooking,
  );

  const host: HostInputs = { ...known, secondaryPrivateIp: secondary.privateIpAddress };
  const installed = hostInstallation(name, steps, host, ssh, afterLooking);

  // The primary address changes under the SSH connections, so it comes after them.
  const primary =
    args.primaryAddress === PrimaryAddress.ElasticIp
      ? elasticAddress(
          name,
          { ...eni, purpose: "api", privateIpAddress: node.primaryPrivateIp },
          { ...options, dependsOn: installed },
        )
      : undefined;
  const serving = [...opened, ingress.association, ...installed, ...(primary ? [primary.association] : [])];
  const records = args.route53ZoneId
    ? dnsRecords(
        name,
        {
          zoneId: args.route53ZoneId,
          domains: appDomains,
          address: ingress.address.publicIp,
          ttl: args.dnsTtl ?? defaults.dnsTtl,
        },
        { ...options, dependsOn: serving },
      )
    : [];

  return {
    apiPublicIp: primary ? primary.address.publicIp : node.publicIp,
    secondaryPrivateIp: secondary.privateIpAddress,
    ingressPublicIp: ingress.address.publicIp,
    ingressPort: ports.https,
    ingressHttpPort: ports.http,
    ingressUrls: ingress.address.publicIp.apply((address) =>
      (appDomains.length > 0 ? appDomains : [address]).map((host) => `https://${host}`),
    ),
    allocationId: ingress.address.allocationId,
    statsPassword: password.result,
    ready: allDone([...serving, ...records]),
  };
}
