/** The component: applications on port 443 of a kOps cluster, beside the Kubernetes API. */
import * as pulumi from "@pulumi/pulumi";
import { dnsOutput } from "../outputs/records";
import type { StackOutputs } from "../outputs/stackOutputs";
import { apiNameProblem, isApiName } from "../settings/apiNames";
import { IngressMode } from "../settings/choices";
import type { PublishedDns, SecondaryIngressIpArgs } from "./args";
import { type CompleteArgs, withDefaults } from "./defaults";
import { discover } from "./discovery";
import type { Mode, ModeInputs, ModeOutputs } from "./mode";
import { providerConnection } from "./providerConnection";

/* eslint-disable @typescript-eslint/no-require-imports -- a constructor cannot await import() */
/** Each mode is loaded only if it is used: a preview of dev starts no more than it needs (docs/decisions/0003). */
const modes: Record<IngressMode, () => Mode> = {
  [IngressMode.NodePort]: () => (require("./nodePort") as typeof import("./nodePort")).nodePort,
  [IngressMode.DualIp]: () => (require("./dualIp") as typeof import("./dualIp")).dualIp,
  [IngressMode.LoadBalancer]: () => (require("./loadBalancer") as typeof import("./loadBalancer")).loadBalancer,
};
/* eslint-enable @typescript-eslint/no-require-imports */

/** @throws {pulumi.RunError} for a mode that types would refuse: JavaScript has none */
function modeOf({ mode }: SecondaryIngressIpArgs): Mode {
  const known = Object.values(IngressMode);
  if (known.includes(mode)) return modes[mode]();
  throw new pulumi.RunError(
    `mode: expected one of ${known.join(", ")}, found ${JSON.stringify(mode) ?? "nothing"}: use a value of the enum IngressMode`,
  );
}

/** @throws {pulumi.RunError} for a name whose record kOps makes */
function refuseApiNames({ appDomains, clusterName }: CompleteArgs): void {
  for (const domain of appDomains)
    if (isApiName(domain, clusterName)) throw new pulumi.RunError(`appDomains: ${apiNameProblem(domain)}`);
}

/** A stack's outputs, as the component has them. */
export type ComponentOutputs = Pick<SecondaryIngressIp, keyof StackOutputs>;

function outputsFrom(args: CompleteArgs, node: ModeInputs["node"], ingress: ModeOutputs): ComponentOutputs {
  const { ingressPublicIps, ingressPort, ingressHttpPort, ...others } = ingress;
  return {
    mode: pulumi.output<string>(args.mode),
    clusterName: pulumi.output(args.clusterName),
    instanceId: node.instanceId,
    networkInterfaceId: node.networkInterfaceId,
    primaryPrivateIp: node.primaryPrivateIp,
    ...others,
    ingressPort: pulumi.output(ingressPort),
    ingressHttpPort: pulumi.output(ingressHttpPort),
    dns: pulumi
      .all([ingressPublicIps, args.dnsTtl, others.ready])
      .apply(([addresses, ttl, ready]) => dnsOutput(args.appDomains, addresses, ttl, ready)),
  };
}

/** Of each component, so that the list of its outputs stands in one place. */
const outputs = new WeakMap<SecondaryIngressIp, ComponentOutputs>();

export class SecondaryIngressIp extends pulumi.ComponentResource {
  declare readonly mode: pulumi.Output<string>;
  /**
   * Resolves to true once everything that serves the applications is in place, and is never false: what waits for it comes after that.
   * Whether the applications answer at the moment, `secondary-ingress doctor` tells.
   */
  declare readonly ready: pulumi.Output<boolean>;
  declare readonly clusterName: pulumi.Output<string>;
  declare readonly instanceId: pulumi.Output<string>;
  declare readonly networkInterfaceId: pulumi.Output<string>;
  declare readonly primaryPrivateIp: pulumi.Output<string>;
  /** The node's own public address, also where a load balancer of kOps is in front of the API; `""` if it has none. */
  declare readonly apiPublicIp: pulumi.Output<string>;
  /** `""` except in mode dual-ip. */
  declare readonly secondaryPrivateIp: pulumi.Output<string>;
  declare readonly ingressPublicIp: pulumi.Output<string>;
  declare readonly ingressPort: pulumi.Output<number>;
  declare readonly ingressHttpPort: pulumi.Output<number>;
  declare readonly ingressUrls: pulumi.Output<string[]>;
  /** Of the ingress's Elastic IP, of several the first; `""` in mode node-port. */
  declare readonly allocationId: pulumi.Output<string>;
  /** The group that lets the applications' clients in: on the node's interface, or in mode load-balancer on the balancer. */
  declare readonly securityGroupId: pulumi.Output<string>;
  /** Secret: user `admin` of HAProxy's statistics page; `""` except in mode dual-ip. */
  declare readonly statsPassword: pulumi.Output<string>;
  /** The records that DNS tooling publishes. */
  declare readonly dns: pulumi.Output<PublishedDns>;

  constructor(name: string, args: SecondaryIngressIpArgs, options?: pulumi.ComponentResourceOptions) {
    const mode = modeOf(args);
    const complete = withDefaults(args);
    refuseApiNames(complete);
    super("kops-secondary-ingress:index:SecondaryIngressIp", name, {}, options);
    const parent = { parent: this };
    const connection = providerConnection(this);
    const node = discover(name, complete, connection, parent);
    const ingress = mode({ name, args: complete, node, connection, options: parent });
    const all = outputsFrom(complete, node, ingress);
    outputs.set(this, all);
    Object.assign(this, all);
    this.registerOutputs(all);
  }
}

/** The outputs of a stack: the same keys in every mode. */
export function outputsOf(component: SecondaryIngressIp): ComponentOutputs {
  const all = outputs.get(component);
  if (!all) throw new Error("expected a component of this copy of the package, found another");
  return all;
}
