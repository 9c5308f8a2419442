/** Mode dual-ip: applications on a secondary private address with an Elastic IP of its own, on 443 and 80. */
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword";
import { hostSteps, installer } from "../hostfiles/steps/hostSteps";
import { clientPorts } from "../settings/ports";
import { allDone, together } from "./allDone";
import { warnOfApiBalancer } from "./apiBalancer";
import { apiAddress } from "./apiAddress";
import type { SshArgs } from "./args";
import { warnOfClusterCalls } from "./clusterCalls";
import { dnsRecords } from "./dnsRecords";
import { healthChecks } from "./healthChecks";
import { filtersApi, knownInputs } from "./hostInputs";
import { hostInstallation, type Login } from "./hostInstallation";
import { ingressAddress, secondaryAddress } from "./ingressAddress";
import { ingressFirewall } from "./ingressFirewall";
import { type ModeInputs, type ModeOutputs, urlsOf } from "./mode";
import { nodePreflight } from "./nodePreflight";

function requireSsh(ssh: SshArgs | undefined): SshArgs {
  if (!ssh) throw new pulumi.RunError("ssh: expected the node's login and host key for mode dual-ip, found nothing");
  return ssh;
}

export function dualIp(inputs: ModeInputs): ModeOutputs {
  const { name, args, node, connection, options } = inputs;
  const { clusterName, appDomains, tags, allowedCidrs, apiForwarder, forceApiAllowedCidrs, onDestroy } = args;
  const login: Login = {
    ssh: requireSsh(args.ssh),
    sshPrivateKey: args.sshPrivateKey,
    onDestroy,
    address: node.apply(({ publicIp, primaryPrivateIp }) => publicIp || primaryPrivateIp),
  };
  const password = new RandomPassword(`${name}-stats`, { length: 32, special: false }, options);

  const known = knownInputs(inputs, password.result);
  const preflight = nodePreflight(inputs, known, login);
  const secondary = secondaryAddress(inputs, preflight.passed);
  const asked = [preflight.command, secondary];
  const { securityGroupId, opened } = ingressFirewall(
    name,
    { clusterName, tags, node, connection, allowedCidrs, ports: Object.values(clientPorts) },
    { ...options, dependsOn: asked },
  );
  const api = apiAddress(inputs, login.address, asked);
  pulumi.all([allowedCidrs, api.publicIp]).apply(([cidrs, publicIp]) => warnOfClusterCalls(cidrs, publicIp));
  api.publicIp.apply((publicIp) => warnOfApiBalancer({ clusterName, publicIp, filtersApi: filtersApi(args) }, options));
  const installed = hostInstallation(
    name,
    hostSteps({ adopt: args.adopt, apiForwarder, filterApi: filtersApi(args), forceFilter: forceApiAllowedCidrs }),
    {
      host: {
        ...known,
        secondaryPrivateIp: secondary.privateIpAddress,
        network: preflight.network,
        podCidrs: filtersApi(args) ? preflight.podCidrs : [],
      },
      // Behind a proxy the list must be forced whomever it excludes.
      api: {
        clusterName,
        publicIp: api.publicIp,
        opened,
        judged: !forceApiAllowedCidrs || args.ssh?.proxy !== undefined,
      },
    },
    // With an Elastic IP the node answers there from now on, and the connections are made there from the start.
    { ...login, address: api.host },
    { ...options, dependsOn: [...asked, ...api.tied] },
  );
  // Of two stacks that adopt one address at the same moment, only the node's owner ties its Elastic IP to it.
  const ingress = ingressAddress(inputs, secondary, asked, installed.commands.get(installer.name));
  const { publicIp, allocationId } = ingress.address;

  const serving = together(opened, [ingress.association, ...installed.resources]);
  const afterServing = { ...options, dependsOn: serving };
  const published = [
    ...dnsRecords(name, args, [publicIp], afterServing),
    ...(args.healthChecks
      ? healthChecks(name, { clusterName, tags, addresses: { ingress: publicIp, api: api.publicIp } }, afterServing)
      : []),
  ];
  return {
    apiPublicIp: api.publicIp,
    secondaryPrivateIp: secondary.privateIpAddress,
    ingressPublicIp: publicIp,
    ingressPublicIps: publicIp.apply((address) => [address]),
    ingressPort: clientPorts.https,
    ingressHttpPort: clientPorts.http,
    ingressUrls: publicIp.apply((address) => urlsOf(appDomains, address)),
    allocationId,
    securityGroupId,
    statsPassword: password.result,
    ready: allDone(together(serving, published)),
  };
}
