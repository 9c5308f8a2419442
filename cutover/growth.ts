/** From one node to a load balancer, or back: by another stack beside this one, or in place with the address that there is. */
import type { Settings } from "../config";
import type { StackOutputs } from "../dns/outputs";
import { IngressMode } from "../settings";

/** US dollars an hour in us-east-1: https://aws.amazon.com/elasticloadbalancing/pricing/ and https://aws.amazon.com/vpc/pricing/. */
const prices = { balancer: 0.0225, publicAddress: 0.005 } as const;
/** As AWS's own calculator has it. */
const hoursPerMonth = 730;

/**
 * Seconds until a new balancer leads anybody anywhere, at most; a removed one gives its address back sooner:
 * https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1786
 */
export const balancerSeconds = 300;
/** What the program itself takes between the two commands that begin and end the gap, seconds: tests/lab/balancer.test.ts. */
const ownSeconds = { [IngressMode.LoadBalancer]: 4, [IngressMode.DualIp]: 8 } as const;

export interface GrowthStep {
  command: string;
  why: string;
}

export interface Growth {
  schemaVersion: 1;
  way: "dns" | "same-address";
  from: { stack: string; mode: string; address: string };
  to: { stack: string; mode: string };
  steps: GrowthStep[];
  /** Seconds in which nobody answers: none by DNS, where the old address answers until resolvers have forgotten it. */
  down: { application: number; api: 0 };
  /** Seconds for which both addresses must answer, and both are paid for. */
  overlap: number;
  /** US dollars a month, without traffic, as in us-east-1; one zone. */
  cost: { before: number; after: number };
}

export interface GrowthRequest {
  stack: string;
  /** Namespace of the settings. */
  project: string;
  outputs: StackOutputs;
  settings: Pick<Settings, "route53ZoneId" | "dnsTtl" | "keepAddress">;
}

const costOf = (mode: IngressMode): number =>
  Math.round((prices.publicAddress + (mode === IngressMode.LoadBalancer ? prices.balancer : 0)) * hoursPerMonth * 100) /
  100;

/** @returns the mode that the stack is not in, of the two with an address of their own */
function otherMode({
  stack,
  outputs,
  settings,
}: GrowthRequest): typeof IngressMode.DualIp | typeof IngressMode.LoadBalancer {
  const from = outputs.mode as IngressMode;
  if (from === IngressMode.NodePort)
    throw new Error(
      `--from: expected a stack of mode dual-ip or load-balancer, found '${stack}' of mode ${from}, which no name leads to: set its mode`,
    );
  if (settings.route53ZoneId !== undefined)
    throw new Error(
      `--from: expected a stack whose records DNS tooling publishes, found route53ZoneId in '${stack}': its records would go with it. ` +
        "Publish them with `secondary-ingress dns` first, and take route53ZoneId out",
    );
  return from === IngressMode.DualIp ? IngressMode.LoadBalancer : IngressMode.DualIp;
}

/**
 * By DNS: a stack beside this one, to which the names are led.
 * @param to its name; made of this one's by default
 * @throws {Error} where the names of the stack are not DNS tooling's to move
 */
export function planGrowth(request: GrowthRequest, to?: string): Growth {
  const { stack, project, outputs, settings } = request;
  const mode = otherMode(request);
  const next = to ?? (mode === IngressMode.LoadBalancer ? `${stack}-grown` : `${stack}-single`);
  return {
    schemaVersion: 1,
    way: "dns",
    from: { stack, mode: outputs.mode, address: outputs.ingressPublicIp },
    to: { stack: next, mode },
    steps: [
      {
        command: `pulumi stack init ${next} --copy-config-from ${stack}`,
        why: "the same settings, beside the stack that serves",
      },
      { command: `pulumi config set --stack ${next} ${project}:mode ${mode}`, why: `the one difference` },
      {
        command: `pulumi up --yes --stack ${next}`,
        why: "another address for the same nodes; this one stays as it is",
      },
      {
        command: `npx secondary-ingress dns cutover --stack ${next} --zone-id <zone> --yes`,
        why: "asks the new address with each name first; the way back is in a file (RFC 2136: --server, --zone)",
      },
      {
        command: `sleep ${settings.dnsTtl}`,
        why: "resolvers keep the old address for as long as the records' TTL; both answer",
      },
      { command: `pulumi destroy --yes --stack ${stack}`, why: "nobody asks there any more" },
    ],
    down: { application: 0, api: 0 },
    overlap: settings.dnsTtl,
    cost: { before: costOf(outputs.mode as IngressMode), after: costOf(mode) },
  };
}

/**
 * In place: the Elastic IP leaves the node for a balancer, or a balancer for the node, and leads nowhere meanwhile.
 * @param awsSeconds what AWS takes to make a balancer serve, or to give its address back
 * @throws {Error} where the records would go as well, or a balancer has another address than the node had
 */
export function planMove(request: GrowthRequest, awsSeconds: number = balancerSeconds): Growth {
  const { stack, project, outputs, settings } = request;
  const mode = otherMode(request);
  const grows = mode === IngressMode.LoadBalancer;
  if (!grows && !settings.keepAddress)
    throw new Error(
      `--same-address: expected a balancer that has kept a node's address, found keepAddress false in '${stack}': ` +
        "its addresses end with it. Leave --same-address out, and lead the names to another",
    );
  const set = (key: string, value: string): string => `pulumi config set --stack ${stack} ${project}:${key} ${value}`;
  const free = (what: string): string =>
    `pulumi destroy --yes --stack ${stack} --target '**:${what}' --target-dependents`;
  return {
    schemaVersion: 1,
    way: "same-address",
    from: { stack, mode: outputs.mode, address: outputs.ingressPublicIp },
    to: { stack, mode },
    steps: [
      ...(grows ? [{ command: set("keepAddress", "true"), why: "the address stays the stack's" }] : []),
      { command: set("mode", mode), why: "nothing happens yet" },
      {
        command: free(grows ? "EipAssociation::ingress-ingress" : "LoadBalancer::ingress"),
        why: `sets ${outputs.ingressPublicIp} free: nobody answers there from here …`,
      },
      {
        command: `pulumi up --yes --stack ${stack}`,
        why: `… to here. Where it fails, ${set("mode", outputs.mode)} and another \`pulumi up\` lead back`,
      },
    ],
    down: { application: awsSeconds + ownSeconds[mode], api: 0 },
    overlap: 0,
    cost: { before: costOf(outputs.mode as IngressMode), after: costOf(mode) },
  };
}
