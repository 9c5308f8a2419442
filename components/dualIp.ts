/** Mode dual-ip: applications on a secondary private address with an Elastic IP of its own, on 443 and 80. */
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword";
import { hostSteps, NetworkConfig, parsePreflight, preflight } from "../hostfiles";
import { defaults, PrimaryAddress } from "../settings";
import { allDone } from "./allDone";
import type { IngressOutputs, SecondaryIngressIpArgs, SshArgs } from "./args";
import { awsConnection, principal } from "./aws/connection";
import { vpcRanges } from "./aws/vpcRanges";
import { dnsRecords } from "./dnsRecords";
import { elasticAddress } from "./elasticAddress";
import { healthChecks } from "./healthChecks";
import { type HostInputs, hostInstallation, remoteStep } from "./hostInstallation";
import { ingressFirewall } from "./ingressFirewall";
import type { Node } from "./node";
import { NodeHostKey } from "./nodeHostKey";
import { SecondaryPrivateIp } from "./secondaryPrivateIp";
import { stackName } from "./tags";

/** Where the applications' clients come in. */
const ports = { https: 443, http: 80 } as const;

function requireSsh({ ssh }: SecondaryIngressIpArgs): SshArgs {
  if (!ssh) throw new pulumi.RunError("ssh: expected the node's login and host key for mode dual-ip, found nothing");
  return ssh;
}

/** Said in every run, for nobody looks at the settings again before the instance is stopped. */
function warnOfLoss(clusterName: string, { publicIp, elasticIp }: Node): void {
  if (publicIp === "" || elasticIp) return;
  void pulumi.log.warn(
    `the API's public address ${publicIp} was assigned automatically and is lost when the instance of ${clusterName} is stopped; ` +
      "with an Elastic IP on the secondary address AWS gives no new one at the next start. Keep the API reachable: " +
      `pulumi config set --stack ${pulumi.getStack()} ${pulumi.getProject()}:primaryAddress elastic-ip`,
  );
}

/** A health check needs something to call. */
function reachable(apiPublicIp: string): string {
  if (apiPublicIp) return apiPublicIp;
  throw new pulumi.RunError(
    "healthChecks: expected a public address of the API, found none: turn them off, or set primaryAddress to elastic-ip",
  );
}

export function dualIp(
  name: string,
  args: SecondaryIngressIpArgs,
  node: pulumi.Output<Node>,
  options: pulumi.CustomResourceOptions,
): IngressOutputs {
  const { clusterName, appDomains = defaults.appDomains, tags = defaults.tags } = args;
  const { apiAllowedCidrs = defaults.apiAllowedCidrs, forceApiAllowedCidrs = defaults.forceApiAllowedCidrs } = args;
  const ownsPrimary = args.primaryAddress === PrimaryAddress.ElasticIp;
  const ssh = requireSsh(args);
  const connection = awsConnection();
  const password = new RandomPassword(`${name}-stats`, { length: 32, special: false }, options);
  const known = {
    owner: stackName(),
    formerOwner: args.formerStack ?? defaults.formerStack,
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
    vpcCidrs: apiAllowedCidrs.length > 0 ? node.apply(({ vpcId }) => vpcRanges(connection, vpcId)) : [],
    reinstall: args.reinstall ?? defaults.reinstall,
  };

  // The node is looked at first, read-only: a stranger's, or one that cannot work, leaves AWS untouched.
  const address = node.apply((found) => {
    if (!ownsPrimary) warnOfLoss(clusterName, found);
    return found.publicIp || found.primaryPrivateIp;
  });
  const login = {
    ssh,
    ...(args.sshPrivateKey === undefined ? {} : { sshPrivateKey: args.sshPrivateKey }),
    onDestroy: args.onDestroy ?? defaults.onDestroy,
  };
  const first = ssh.proxy ?? ssh;
  const hostKey = new NodeHostKey(
    `${name}-host-key`,
    {
      instanceId: node.instanceId,
      host: first.host ?? address,
      port: first.port ?? 22,
      hostKey: first.hostKey,
      setting: ssh.proxy ? "ssh.proxy.hostKey" : "ssh.hostKey",
      project: pulumi.getProject(),
      stack: pulumi.getStack(),
    },
    options,
  );
  const unseen = { secondaryPrivateIp: "", network: NetworkConfig.Netplan, podCidrs: [] };
  const looked = remoteStep(
    name,
    preflight,
    { ...known, ...unseen },
    { ...login, address },
    { ...options, dependsOn: [hostKey] },
  );
  const seen = looked.stdout.apply((stdout) => parsePreflight(stdout ?? "")?.facts);

  // Then AWS is asked whether it will do all that is needed, and only after that is anything made there.
  const secondary = new SecondaryPrivateIp(
    `${name}-secondary`,
    {
      networkInterfaceId: node.networkInterfaceId,
      requestedIp: args.secondaryPrivateIp,
      interfaceNamed: args.networkInterfaceId !== undefined,
      elasticIps: ownsPrimary ? 2 : 1,
      stack: stackName(),
      connection,
      caller: pulumi.output(getCallerIdentity({}, options)).apply(({ arn }) => principal(arn)),
    },
    { ...options, dependsOn: [looked] },
  );
  const afterAsking = { ...options, dependsOn: [looked, secondary] };
  const opened = ingressFirewall(
    name,
    {
      clusterName,
      tags,
      node,
      allowedCidrs: args.allowedCidrs ?? defaults.allowedCidrs,
      ports: Object.values(ports),
    },
    afterAsking,
  );
  const eni = { clusterName, tags, networkInterfaceId: node.networkInterfaceId };
  const ingress = elasticAddress(
    name,
    { ...eni, purpose: "ingress", privateIpAddress: secondary.privateIpAddress },
    afterAsking,
  );
  // Never taken away: AWS gives a node whose secondary address has an Elastic IP no other public address, and the API would be lost.
  const primary = ownsPrimary
    ? node.apply(({ primaryPrivateIp, elasticIp }) =>
        elasticAddress(
          name,
          { ...eni, purpose: "api", privateIpAddress: primaryPrivateIp, existing: elasticIp },
          { ...afterAsking, retainOnDelete: true },
        ),
      )
    : undefined;
  const primaryTied = primary ? [primary.apply(({ association }) => association)] : [];
  const apiPublicIp = primary ? primary.apply((elastic) => elastic.address.publicIp) : node.publicIp;

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
  // The primary address's Elastic IP is where the node is from now on: the connections are made there from the start.
  const installed = hostInstallation(
    name,
    steps,
    host,
    { ...login, address: primary ? apiPublicIp : address },
    { ...afterAsking, dependsOn: [looked, secondary, ...primaryTied] },
  );

  const serving = [...opened, ingress.association, ...installed];
  const afterServing = { ...options, dependsOn: serving };
  const records = args.route53ZoneId
    ? dnsRecords(
        name,
        {
          zoneId: args.route53ZoneId,
          domains: appDomains,
          addresses: [ingress.address.publicIp],
          ttl: args.dnsTtl ?? defaults.dnsTtl,
          overwrite: args.overwriteRecords ?? defaults.overwriteRecords,
        },
        afterServing,
      )
    : [];
  const checks = args.healthChecks
    ? healthChecks(
        name,
        { clusterName, tags, addresses: { ingress: ingress.address.publicIp, api: apiPublicIp.apply(reachable) } },
        afterServing,
      )
    : [];

  return {
    apiPublicIp,
    secondaryPrivateIp: secondary.privateIpAddress,
    ingressPublicIp: ingress.address.publicIp,
    ingressPublicIps: ingress.address.publicIp.apply((address) => [address]),
    ingressPort: ports.https,
    ingressHttpPort: ports.http,
    ingressUrls: ingress.address.publicIp.apply((address) =>
      (appDomains.length > 0 ? appDomains : [address]).map((host) => `https://${host}`),
    ),
    allocationId: ingress.address.allocationId,
    statsPassword: password.result,
    ready: allDone([...serving, ...records, ...checks]),
  };
}
