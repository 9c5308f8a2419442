/** Mode dual-ip: applications on a secondary private address with an Elastic IP of its own, on 443 and 80. */
import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword";
import { hostSteps, installer, preflight } from "../hostfiles/steps/hostSteps";
import { NetworkConfig } from "../hostfiles/hostSettings";
import { parsePreflight } from "../hostfiles/node/preflight";
import { defaults, PrimaryAddress } from "../settings/choices";
import { allDone } from "./allDone";
import type { IngressOutputs, SecondaryIngressIpArgs, SshArgs } from "./args";
import { awsConnection } from "./aws/connection";
import { vpcRanges } from "./aws/vpcRanges";
import { caller } from "./caller";
import { dnsRecords } from "./dnsRecords";
import { type ElasticAddress, elasticAddress } from "./elasticAddress";
import { healthChecks } from "./healthChecks";
import { type HostInputs, hostInstallation, type HostInstallationArgs, remoteStep } from "./hostInstallation";
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

/** What every step needs. */
interface Setting {
  name: string;
  args: SecondaryIngressIpArgs;
  node: pulumi.Output<Node>;
  options: pulumi.CustomResourceOptions;
}

type Login = Omit<HostInstallationArgs, "address">;

function loginOf(args: SecondaryIngressIpArgs): Login {
  return {
    ssh: requireSsh(args),
    ...(args.sshPrivateKey === undefined ? {} : { sshPrivateKey: args.sshPrivateKey }),
    onDestroy: args.onDestroy ?? defaults.onDestroy,
  };
}

const apiCidrs = ({ apiAllowedCidrs = defaults.apiAllowedCidrs }: SecondaryIngressIpArgs): string[] => apiAllowedCidrs;

type KnownInputs = Omit<HostInputs, "secondaryPrivateIp" | "network" | "podCidrs">;

/** What the host files say, but for what only the node and AWS can tell. */
function knownInputs({ args, node }: Setting, statsPassword: pulumi.Output<string>): KnownInputs {
  const apiAllowedCidrs = apiCidrs(args);
  return {
    owner: stackName(),
    formerOwner: args.formerStack ?? defaults.formerStack,
    instanceId: node.instanceId,
    clusterName: args.clusterName,
    primaryPrivateIp: node.primaryPrivateIp,
    httpsNodePort: args.httpsNodePort ?? defaults.httpsNodePort,
    httpNodePort: args.httpNodePort ?? defaults.httpNodePort,
    apiLocalPort: args.apiLocalPort ?? defaults.apiLocalPort,
    proxyProtocol: args.proxyProtocol ?? defaults.proxyProtocol,
    statsPassword,
    apiAllowedCidrs,
    vpcCidrs: apiAllowedCidrs.length > 0 ? node.apply(({ vpcId }) => vpcRanges(awsConnection(), vpcId)) : [],
    reinstall: args.reinstall ?? defaults.reinstall,
  };
}

/** Read-only: a node of somebody else, or one that cannot work, leaves AWS untouched. */
function lookAtNode(
  { name, node, options }: Setting,
  known: KnownInputs,
  login: Login,
  address: pulumi.Output<string>,
): remote.Command {
  const first = login.ssh.proxy ?? login.ssh;
  const hostKey = new NodeHostKey(
    `${name}-host-key`,
    {
      instanceId: node.instanceId,
      host: first.host ?? address,
      port: first.port ?? 22,
      hostKey: first.hostKey,
      setting: login.ssh.proxy ? "ssh.proxy.hostKey" : "ssh.hostKey",
      project: pulumi.getProject(),
      stack: pulumi.getStack(),
    },
    options,
  );
  const unseen = { secondaryPrivateIp: "", network: NetworkConfig.Netplan, podCidrs: [] };
  return remoteStep(
    name,
    preflight,
    { ...known, ...unseen },
    { ...login, address },
    { ...options, dependsOn: [hostKey] },
  );
}

/** AWS is asked whether it will do all that is needed, and only after that is anything made there. */
function secondaryAddress({ name, args, node, options }: Setting, looked: remote.Command): SecondaryPrivateIp {
  return new SecondaryPrivateIp(
    `${name}-secondary`,
    {
      networkInterfaceId: node.networkInterfaceId,
      requestedIp: args.secondaryPrivateIp,
      interfaceNamed: args.networkInterfaceId !== undefined,
      elasticIps: args.primaryAddress === PrimaryAddress.ElasticIp ? 2 : 1,
      stack: stackName(),
      connection: awsConnection(),
      caller: caller(node, options),
    },
    { ...options, dependsOn: [looked] },
  );
}

/** Tags and place of the Elastic IPs. */
const interfaceOf = ({ args, node }: Setting) => ({
  clusterName: args.clusterName,
  tags: args.tags ?? defaults.tags,
  networkInterfaceId: node.networkInterfaceId,
});

/**
 * The API's Elastic IP, where the stack is to have one. Never taken away: AWS gives a node whose secondary address has an Elastic IP
 * no other public address, and the API would be lost.
 */
function apiAddress(
  setting: Setting,
  options: Parameters<typeof elasticAddress>[2],
): pulumi.Output<ElasticAddress> | undefined {
  const { name, args, node } = setting;
  if (args.primaryAddress !== PrimaryAddress.ElasticIp) return undefined;
  return node.apply(({ primaryPrivateIp, elasticIp }) =>
    elasticAddress(
      name,
      { ...interfaceOf(setting), purpose: "api", privateIpAddress: primaryPrivateIp, existing: elasticIp },
      { ...options, retainOnDelete: true },
    ),
  );
}

/** Every file and unit on the node, by step name. */
function installHostFiles(
  { name, args }: Setting,
  host: HostInputs,
  login: HostInstallationArgs,
  options: pulumi.CustomResourceOptions & { dependsOn: pulumi.Input<pulumi.Resource>[] },
): Map<string, remote.Command> {
  const steps = hostSteps({
    apiForwarder: args.apiForwarder ?? defaults.apiForwarder,
    filterApi: apiCidrs(args).length > 0,
    forceFilter: args.forceApiAllowedCidrs ?? defaults.forceApiAllowedCidrs,
  });
  return hostInstallation(name, steps, host, login, options);
}

/** What points at addresses that answer: records and health checks. */
function publish(
  { name, args }: Setting,
  publicIps: Record<"ingress" | "api", pulumi.Output<string>>,
  options: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { clusterName, tags = defaults.tags } = args;
  const records = args.route53ZoneId
    ? dnsRecords(
        name,
        {
          zoneId: args.route53ZoneId,
          domains: args.appDomains ?? defaults.appDomains,
          addresses: [publicIps.ingress],
          ttl: args.dnsTtl ?? defaults.dnsTtl,
          overwrite: args.overwriteRecords ?? defaults.overwriteRecords,
        },
        options,
      )
    : [];
  const checks = args.healthChecks
    ? healthChecks(
        name,
        { clusterName, tags, addresses: { ingress: publicIps.ingress, api: publicIps.api.apply(reachable) } },
        options,
      )
    : [];
  return [...records, ...checks];
}

export function dualIp(
  name: string,
  args: SecondaryIngressIpArgs,
  node: pulumi.Output<Node>,
  options: pulumi.CustomResourceOptions,
): IngressOutputs {
  const { clusterName, appDomains = defaults.appDomains, tags = defaults.tags } = args;
  const setting: Setting = { name, args, node, options };
  const login = loginOf(args);
  const password = new RandomPassword(`${name}-stats`, { length: 32, special: false }, options);
  const known = knownInputs(setting, password.result);
  const address = node.apply((found) => {
    if (args.primaryAddress !== PrimaryAddress.ElasticIp) warnOfLoss(clusterName, found);
    return found.publicIp || found.primaryPrivateIp;
  });

  const looked = lookAtNode(setting, known, login, address);
  const secondary = secondaryAddress(setting, looked);
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
  const primary = apiAddress(setting, afterAsking);
  const primaryTied = primary ? [primary.apply(({ association }) => association)] : [];
  const apiPublicIp = primary ? primary.apply((elastic) => elastic.address.publicIp) : node.publicIp;

  const seen = looked.stdout.apply((stdout) => parsePreflight(stdout ?? "")?.facts);
  const host: HostInputs = {
    ...known,
    secondaryPrivateIp: secondary.privateIpAddress,
    network: seen.apply((facts) => (facts?.network === NetworkConfig.Networkd ? facts.network : NetworkConfig.Netplan)),
    podCidrs: apiCidrs(args).length > 0 ? seen.apply((facts) => facts?.podCidrs ?? []) : [],
  };
  // The primary address's Elastic IP is where the node is from now on: the connections are made there from the start.
  const installed = installHostFiles(
    setting,
    host,
    { ...login, address: primary ? apiPublicIp : address },
    { ...options, dependsOn: [looked, secondary, ...primaryTied] },
  );
  // Of two stacks that adopt one address at the same moment, only the node's owner ties its Elastic IP to it.
  const claim = installed.get(installer.name);
  const ingress = elasticAddress(
    name,
    {
      ...interfaceOf(setting),
      purpose: "ingress",
      privateIpAddress: secondary.privateIpAddress,
      ...(claim ? { tiedAfter: claim } : {}),
    },
    afterAsking,
  );

  const serving = [...opened, ingress.association, ...installed.values()];
  const published = publish(
    setting,
    { ingress: ingress.address.publicIp, api: apiPublicIp },
    { ...options, dependsOn: serving },
  );
  return {
    apiPublicIp,
    secondaryPrivateIp: secondary.privateIpAddress,
    ingressPublicIp: ingress.address.publicIp,
    ingressPublicIps: ingress.address.publicIp.apply((publicIp) => [publicIp]),
    ingressPort: ports.https,
    ingressHttpPort: ports.http,
    ingressUrls: ingress.address.publicIp.apply((publicIp) =>
      (appDomains.length > 0 ? appDomains : [publicIp]).map((each) => `https://${each}`),
    ),
    allocationId: ingress.address.allocationId,
    statsPassword: password.result,
    ready: allDone([...serving, ...published]),
  };
}
