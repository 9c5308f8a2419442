/** The component: applications on port 443 of a kOps cluster, beside the Kubernetes API. */
import * as pulumi from "@pulumi/pulumi";
import { apiNameProblem, isApiName } from "../settings/apiNames";
import { dnsOutput } from "../outputs/records";
import { defaults, IngressMode } from "../settings/choices";
import type { IngressOutputs, PublishedDns, SecondaryIngressIpArgs } from "./args";
import { findNode, type Node } from "./node";

type Mode = (
  name: string,
  args: SecondaryIngressIpArgs,
  node: pulumi.Output<Node>,
  options: pulumi.CustomResourceOptions,
) => IngressOutputs;

/* eslint-disable @typescript-eslint/no-require-imports -- a constructor cannot await import() */
/** Each mode is one function from settings to resources, loaded only where it is used: a preview of dev starts no more than it needs. */
const modes: Record<IngressMode, () => Mode> = {
  [IngressMode.NodePort]: () => (require("./nodePort") as typeof import("./nodePort")).nodePort,
  [IngressMode.DualIp]: () => (require("./dualIp") as typeof import("./dualIp")).dualIp,
  [IngressMode.LoadBalancer]: () => (require("./loadBalancer") as typeof import("./loadBalancer")).loadBalancer,
};
const hostedZone = () => require("./hostedZone") as typeof import("./hostedZone");
/* eslint-enable @typescript-eslint/no-require-imports */

/** @throws {pulumi.RunError} for a name whose record kOps makes */
function refuseApiNames(domains: readonly string[], clusterName: string): void {
  for (const domain of domains)
    if (isApiName(domain, clusterName)) throw new pulumi.RunError(`appDomains: ${apiNameProblem(domain)}`);
}

/** The node, once all is right that can be known before anything is made. */
async function look(args: SecondaryIngressIpArgs, options: pulumi.InvokeOptions): Promise<Node> {
  const { mode, clusterName, networkInterfaceId, route53ZoneId, appDomains = defaults.appDomains } = args;
  const { secondaryPrivateIp, primaryAddress } = args;
  if (route53ZoneId !== undefined && mode !== IngressMode.NodePort) {
    await hostedZone().checkZone(route53ZoneId, appDomains, options);
  }
  return findNode(
    {
      mode,
      clusterName,
      ...(networkInterfaceId === undefined ? {} : { networkInterfaceId }),
      // The other modes leave the node's addresses alone.
      ...(mode === IngressMode.DualIp && secondaryPrivateIp !== undefined ? { secondaryPrivateIp } : {}),
      ...(mode === IngressMode.DualIp && primaryAddress !== undefined ? { primaryAddress } : {}),
    },
    options,
  );
}

export class SecondaryIngressIp extends pulumi.ComponentResource {
  readonly mode: pulumi.Output<string>;
  /** True once everything that serves the applications is in place. */
  readonly ready: pulumi.Output<boolean>;
  readonly clusterName: pulumi.Output<string>;
  readonly instanceId: pulumi.Output<string>;
  readonly networkInterfaceId: pulumi.Output<string>;
  readonly primaryPrivateIp: pulumi.Output<string>;
  /** Public address of the Kubernetes API; `""` where the node has none. */
  readonly apiPublicIp: pulumi.Output<string>;
  /** `""` but in mode dual-ip. */
  readonly secondaryPrivateIp: pulumi.Output<string>;
  readonly ingressPublicIp: pulumi.Output<string>;
  readonly ingressPort: pulumi.Output<number>;
  readonly ingressHttpPort: pulumi.Output<number>;
  readonly ingressUrls: pulumi.Output<string[]>;
  /** Of the ingress's Elastic IP, of several the first; `""` in mode node-port. */
  readonly allocationId: pulumi.Output<string>;
  /** Secret: user `admin` of HAProxy's statistics page; `""` but in mode dual-ip. */
  readonly statsPassword: pulumi.Output<string>;
  /** What DNS tooling is to publish. */
  readonly dns: pulumi.Output<PublishedDns>;

  constructor(name: string, args: SecondaryIngressIpArgs, options?: pulumi.ComponentResourceOptions) {
    const domains = args.appDomains ?? defaults.appDomains;
    refuseApiNames(domains, args.clusterName);
    super("kops-secondary-ingress:index:SecondaryIngressIp", name, {}, options);
    const node = pulumi.output(look(args, { parent: this }));
    const ingress = modes[args.mode]()(name, args, node, { parent: this });

    this.mode = pulumi.output<string>(args.mode);
    this.ready = ingress.ready;
    this.clusterName = pulumi.output(args.clusterName);
    this.instanceId = node.instanceId;
    this.networkInterfaceId = node.networkInterfaceId;
    this.primaryPrivateIp = node.primaryPrivateIp;
    this.apiPublicIp = ingress.apiPublicIp;
    this.secondaryPrivateIp = ingress.secondaryPrivateIp;
    this.ingressPublicIp = ingress.ingressPublicIp;
    this.ingressPort = pulumi.output(ingress.ingressPort);
    this.ingressHttpPort = pulumi.output(ingress.ingressHttpPort);
    this.ingressUrls = ingress.ingressUrls;
    this.allocationId = ingress.allocationId;
    this.statsPassword = ingress.statsPassword;
    this.dns = pulumi
      .all([ingress.ingressPublicIps, ingress.ready])
      .apply(([addresses, ready]) => dnsOutput(domains, addresses, args.dnsTtl ?? defaults.dnsTtl, ready));
    this.registerOutputs(outputsOf(this));
  }
}

/** The outputs of a stack: the same keys in every mode. */
export function outputsOf(component: SecondaryIngressIp) {
  const { mode, ready, clusterName, instanceId, networkInterfaceId, primaryPrivateIp, apiPublicIp } = component;
  const { secondaryPrivateIp, ingressPublicIp, ingressPort, ingressHttpPort, ingressUrls, allocationId } = component;
  // prettier-ignore
  return {
    mode, ready, clusterName, instanceId, networkInterfaceId, primaryPrivateIp, apiPublicIp, secondaryPrivateIp, ingressPublicIp,
    ingressPort, ingressHttpPort, ingressUrls, allocationId, statsPassword: component.statsPassword, dns: component.dns,
  };
}
