/** From one node to a load balancer, or back: another stack beside this one, its names cut over, and only then this one removed. */
import type { Settings } from "../config";
import type { StackOutputs } from "../dns/outputs";
import { IngressMode } from "../settings";

/** US dollars an hour in us-east-1: https://aws.amazon.com/elasticloadbalancing/pricing/ and https://aws.amazon.com/vpc/pricing/. */
const prices = { balancer: 0.0225, publicAddress: 0.005 } as const;
/** As AWS's own calculator has it. */
const hoursPerMonth = 730;

export interface GrowthStep {
  command: string;
  why: string;
}

export interface Growth {
  schemaVersion: 1;
  from: { stack: string; mode: string; address: string };
  to: { stack: string; mode: string };
  steps: GrowthStep[];
  /** Seconds in which nobody answers: the old address answers until resolvers have forgotten it. */
  down: { application: 0; api: 0 };
  /** Seconds for which both addresses must answer, and both are paid for. */
  overlap: number;
  /** US dollars a month, without traffic, as in us-east-1; one zone. */
  cost: { before: number; after: number };
}

const costOf = (mode: IngressMode): number =>
  Math.round((prices.publicAddress + (mode === IngressMode.LoadBalancer ? prices.balancer : 0)) * hoursPerMonth * 100) /
  100;

/**
 * @param project namespace of the settings
 * @throws {Error} where the names of the stack are not DNS tooling's to move
 */
export function planGrowth(
  stack: string,
  project: string,
  to: string | undefined,
  outputs: StackOutputs,
  settings: Pick<Settings, "route53ZoneId" | "dnsTtl">,
): Growth {
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
  const mode = from === IngressMode.DualIp ? IngressMode.LoadBalancer : IngressMode.DualIp;
  const next = to ?? (mode === IngressMode.LoadBalancer ? `${stack}-grown` : `${stack}-single`);
  const set = `pulumi config set --stack ${next} ${project}:mode ${mode}`;
  return {
    schemaVersion: 1,
    from: { stack, mode: from, address: outputs.ingressPublicIp },
    to: { stack: next, mode },
    steps: [
      {
        command: `pulumi stack init ${next} --copy-config-from ${stack}`,
        why: "the same settings, beside the stack that serves",
      },
      { command: set, why: `the one difference` },
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
    cost: { before: costOf(from), after: costOf(mode) },
  };
}
