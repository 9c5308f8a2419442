/**
 * Mode load-balancer: a Network Load Balancer with an Elastic IP in each zone, in front of the NodePorts of every node that runs
 * applications. Nothing on a node; the API keeps what kOps gives it.
 */
import * as pulumi from "@pulumi/pulumi";
import { clientPorts } from "../settings/ports";
import { allDone, together } from "./allDone";
import { discoverBalancing } from "./balancerDiscovery";
import { balancerFirewall } from "./balancerFirewall";
import { balancerTargets } from "./balancerTargets";
import { dnsRecords } from "./dnsRecords";
import { type ModeInputs, type ModeOutputs, urlsOf } from "./mode";
import { networkBalancer } from "./networkBalancer";

export function loadBalancer(inputs: ModeInputs): ModeOutputs {
  const { name, args, node, options } = inputs;
  const balancing = discoverBalancing(inputs);
  const { group, rules } = balancerFirewall(inputs, balancing);
  const { balancer, addresses } = networkBalancer(inputs, balancing, group);
  const serving = together(rules, balancerTargets(inputs, balancing, balancer));

  const publicIps = addresses.apply((made) => pulumi.all(made.map(({ publicIp }) => publicIp)));
  const records = dnsRecords(name, args, publicIps, { ...options, dependsOn: serving });
  const first = publicIps.apply(([address = ""]) => address);
  return {
    apiPublicIp: node.publicIp,
    secondaryPrivateIp: pulumi.output(""),
    ingressPublicIp: first,
    ingressPublicIps: publicIps,
    ingressPort: clientPorts.https,
    ingressHttpPort: clientPorts.http,
    ingressUrls: first.apply((address) => urlsOf(args.appDomains, address)),
    allocationId: addresses.apply(([address]) => address?.allocationId ?? pulumi.output("")),
    securityGroupId: group.id,
    statsPassword: pulumi.output(""),
    ready: allDone(together(serving, records)),
  };
}
