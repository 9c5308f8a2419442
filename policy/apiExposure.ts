/** Security groups are per ENI, not per address: a rule for the applications holds for the Kubernetes API beside them as well. */
import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { ofType, types } from "./resources";

interface Rule {
  ipProtocol?: string;
  fromPort?: number;
  toPort?: number;
  cidrIpv4?: string;
  cidrIpv6?: string;
}

/** On the node besides 443: a moved API server, its forwarder, the API's usual port, SSH, kubelet, etcd. No application is there. */
const nodeOwnPorts = [22, 2379, 2380, 6443, 8443, 10250, 10444];

/** Whether the whole internet, or half of it, is let in: ranges of /0 and /1. */
const isWorld = ({ cidrIpv4 = "", cidrIpv6 = "" }: Rule): boolean =>
  /\/[01]$/.test(cidrIpv4) || /\/[01]$/.test(cidrIpv6);

/** Protocol `-1` is every port of every protocol. */
function covers({ ipProtocol, fromPort, toPort }: Rule, port: number): boolean {
  if (ipProtocol === "-1") return true;
  return (ipProtocol === "tcp" || ipProtocol === "6") && (fromPort ?? 0) <= port && port <= (toPort ?? 65535);
}

export const apiPortsClosed: ResourceValidationPolicy = {
  name: "node-ports-closed",
  description: "No rule opens the node's own ports (API server, kubelet, etcd, SSH) to everyone.",
  enforcementLevel: "mandatory",
  validateResource: ofType(types.ingressRule, ({ props }, report) => {
    const rule = props as Rule;
    const open = isWorld(rule) ? nodeOwnPorts.filter((port) => covers(rule, port)) : [];
    if (open.length === 0) return;
    report(`expected no rule for everyone on the node's own ports, found one that covers ${open.join(", ")}`);
  }),
};

/** The host's own filter for the API, which the stack installs where apiAllowedCidrs is set. */
const filtersApi = ({ type, name }: PolicyResource): boolean =>
  type === types.remoteCommand && name.endsWith("-api-filter");

/** A rule of a load balancer's own group, which no node has: the API is not behind it. */
const ofBalancer = ({ name }: PolicyResource): boolean => name.includes("-balancer-");

/** Advisory, for 0.0.0.0/0 is the right range for applications; that it holds for the API's 443 as well is what people do not expect. */
export const apiOpenToEveryone: StackValidationPolicy = {
  name: "api-open-to-everyone",
  description: "That everyone reaches the Kubernetes API on 443 is said, not happened upon.",
  enforcementLevel: "advisory",
  configSchema: {
    properties: {
      accepted: { type: "boolean", default: false, description: "the API is meant to be reached by everyone" },
    },
  },
  validateStack: ({ resources, getConfig }, report) => {
    if (getConfig<{ accepted?: boolean }>().accepted || resources.some(filtersApi)) return;
    for (const resource of resources) {
      const rule = resource.props as Rule;
      if (resource.type !== types.ingressRule || ofBalancer(resource) || !isWorld(rule) || !covers(rule, 443)) continue;
      report(
        `expected apiAllowedCidrs beside a rule that opens 443 to everyone, found none: the rule holds for the Kubernetes API on ` +
          "the primary address as well. Set apiAllowedCidrs, or accept it (docs/policy.md).",
        resource.urn,
      );
    }
  },
};
