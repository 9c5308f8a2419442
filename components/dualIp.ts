/** Mode dual-ip: applications on a secondary private address with an Elastic IP of its own, on 443 and 80. */
import * as awsConfig from "@pulumi/aws/config";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword";
import { hostSteps, NetworkConfig, parsePreflight, preflight } from "../hostfiles";
import { defaults, PrimaryAddress } from "../settings";
import { allDone } from "./allDone";
import type { IngressOutputs, SecondaryIngressIpArgs, SshArgs } from "./args";
import { dnsRecords } from "./dnsRecords";
import { elasticAddress } from "./elasticAddress";
import { type HostInputs, hostInstallation, remoteStep } from "./hostInstallation";
import { ingressFirewall } from "./ingressFirewall";
import type { Node } from "./node";
import { SecondaryPrivateIp } from "./secondaryPrivateIp";
import { vpcRanges } from "./vpcRanges";

/** Where the applications' clients come in. */
const ports = { https: 443, http: 80 } as const;

/** Of the stack's `aws` provider, for calls that its plugin has no function for. */
const awsConfiguration = (): { region?: string; profile?: string } => ({
  ...(awsConfig.region ? { region: awsConfig.region } : {}),
  ...(awsConfig.profile ? { profile: awsConfig.profile } : {}),
});

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
  const { apiAllowedCidrs = defaults.apiAllowedCidrs, forceApiAllowedCidrs = defaults.forceApiAllowedCidrs } = args;
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
    apiAllowedCidrs,
    forceApiAllowedCidrs,
    vpcCidrs: apiAllowedCidrs.length > 0 ? node.apply(({ vpcId }) => vpcRanges({ vpcId, ...awsConfiguration() })) : [],
    reinstall: args.reinstall ?? defaults.reinstall,
  };

  // The node is looked at first, read-only: a node that cannot work leaves AWS untouched.
  const unseen = { secondaryPrivateIp: "", network: NetworkConfig.Netplan, podCidrs: [] };
  const looked = remoteStep(name, preflight, { ...known, ...unseen }, ssh, options);
  const seen = looked.stdout.apply((stdout) => parsePreflight(stdout ?? "")?.facts);
  const afterLooking = { ...options, dependsOn: [looked] };

  const secondary = new SecondaryPrivateIp(
    `${name}-secondary`,
    {
      networkInterfaceId: node.networkInterfaceId,
      requestedIp: args.secondaryPrivateIp,
      ...awsConfiguration(),
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

  const host: HostInputs = {
    ...known,
    secondaryPrivateIp: secondary.privateIpAddress,
    network: seen.apply((facts) => (facts?.network === NetworkConfig.Networkd ? facts.network : NetworkConfig.Netplan)),
    podCidrs: apiAllowedCidrs.length > 0 ? seen.apply((facts) => facts?.podCidrs ?? []) : [],
  };
  const steps = hostSteps({
    apiForwarder: known.apiForwarder,
    filterApi: apiAllowedCidrs.length > 0,
    forceFilter: forceApiAllowedCidrs,
  });
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
