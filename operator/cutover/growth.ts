/** From one node to a load balancer, or back: by another stack beside this one, or in place with the address that there is. */
import { ConfigError, readConfig, type Settings } from "../../settings/read";
import type { StackOutputs } from "../../outputs/stackOutputs";
import { IngressMode } from "../../settings/choices";

/** US dollars an hour in us-east-1: https://aws.amazon.com/elasticloadbalancing/pricing/ and https://aws.amazon.com/vpc/pricing/. */
const prices = { balancer: 0.0225, publicAddress: 0.005 } as const;
/** As AWS's own calculator has it. */
const hoursPerMonth = 730;

/** Until a new balancer leads anybody anywhere: https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1786 */
const untilServing = 300;
/**
 * The official provider waits so long after it has set a new balancer's attributes, and makes the listeners, by which AWS begins to ask the
 * nodes, only then: waitLoadBalancerActive in internal/service/elbv2/load_balancer.go.
 */
const providersWait = 30;
/**
 * Seconds of AWS and its provider until a new balancer serves, at most, and until a removed one has given its address back, for which the
 * provider waits no longer (waitForNLBNetworkInterfacesToDetach in the same file).
 */
export const awsSeconds = {
  [IngressMode.LoadBalancer]: untilServing + providersWait,
  [IngressMode.DualIp]: 300,
} as const;
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
  /** US dollars a month, without traffic, as in us-east-1. A balancer that is still to be made counts with one zone. */
  cost: { before: number; after: number; furtherZone: number };
}

export interface GrowthRequest {
  stack: string;
  /** Namespace of the settings. */
  project: string;
  outputs: StackOutputs;
  settings: Pick<Settings, "route53ZoneId" | "dnsTtl" | "keepAddress">;
  /** The settings as they are written, by their whole keys. */
  config: Readonly<Record<string, string>>;
}

const perMonth = (perHour: number): number => Math.round(perHour * hoursPerMonth * 100) / 100;

const costOf = (mode: IngressMode, zones = 1): number =>
  mode === IngressMode.LoadBalancer
    ? perMonth(prices.balancer + zones * prices.publicAddress)
    : perMonth(prices.publicAddress);

/** The names lead to an address in each zone. */
const zonesOf = ({ dns }: StackOutputs): number => Math.max(1, ...dns.records.map(({ values }) => values.length));

const costs = (outputs: StackOutputs, to: IngressMode): Growth["cost"] => ({
  before: costOf(outputs.mode as IngressMode, zonesOf(outputs)),
  after: costOf(to),
  furtherZone: perMonth(prices.publicAddress),
});

/** Takes the records out of the stack without taking them out of the zone, which an `up` without the setting would do. */
function leaveRecords({ stack, project, outputs }: GrowthRequest): string {
  const owner = "kops-secondary-ingress:index:SecondaryIngressIp$aws:route53/record:Record";
  const urn = (name: string): string =>
    `urn:pulumi:${stack.split("/").at(-1)}::${project}::${owner}::ingress-${name.replace(/\.$/, "")}`;
  return [
    ...outputs.dns.records.map(({ name }) => `pulumi state delete --yes --stack ${stack} '${urn(name)}'`),
    `pulumi config rm --stack ${stack} ${project}:route53ZoneId`,
  ].join(" && ");
}

/** @throws {Error} with the commands that make the settings such as the other mode takes; they may be set while this one is up */
function checkSettings({ stack, project, config }: GrowthRequest, mode: IngressMode): void {
  try {
    readConfig(project, { ...config, [`${project}:mode`]: mode }, stack);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const faults = error.faults.map(({ key, problem, fix }) => `  ${key}: ${problem}\n    fix: ${fix}`);
    throw new Error(
      `--from: expected settings that mode ${mode} takes too, found others in '${stack}'. Set them first, without an up:\n${faults.join("\n")}`,
      { cause: error },
    );
  }
}

/**
 * @returns the mode that the stack is not in, of the two with an address of their own
 * @throws {Error} where there is no way, or something is to be done first
 */
function otherMode(request: GrowthRequest): typeof IngressMode.DualIp | typeof IngressMode.LoadBalancer {
  const { stack, outputs, settings } = request;
  const from = outputs.mode as IngressMode;
  if (from === IngressMode.NodePort)
    throw new Error(
      `--from: expected a stack of mode dual-ip or load-balancer, found '${stack}' of mode ${from}, which no name leads to: set its mode`,
    );
  if (settings.route53ZoneId !== undefined)
    throw new Error(
      `--from: expected a stack whose records DNS tooling publishes, found route53ZoneId in '${stack}': its records would go with it. ` +
        `Leave them in the zone, and out of the stack, before its next up: ${leaveRecords(request)}`,
    );
  const to = from === IngressMode.DualIp ? IngressMode.LoadBalancer : IngressMode.DualIp;
  checkSettings(request, to);
  return to;
}

/**
 * By DNS: a stack beside this one, to which the names are led.
 * @param to its name; made of this one's by default
 * @throws {Error} where the names of the stack are not DNS tooling's to move
 */
export function planGrowth(request: GrowthRequest, to?: string): Growth {
  const { stack, project, outputs, settings } = request;
  const mode = otherMode(request);
  // Whichever of the two a resolver has asked for last.
  const ttl = Math.max(settings.dnsTtl, ...outputs.dns.records.map((record) => record.ttl));
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
        why:
          "asks the new address with each name first, until it answers; names the TTL that is published, and if that is longer than the next step waits, wait as long. " +
          "The way back is in a file (RFC 2136: --server, --zone)",
      },
      {
        command: `sleep ${ttl}`,
        why: "resolvers keep the old address for as long as the records' TTL; both answer",
      },
      { command: `pulumi destroy --yes --stack ${stack}`, why: "nobody asks there any more" },
    ],
    down: { application: 0, api: 0 },
    overlap: ttl,
    cost: costs(outputs, mode),
  };
}

/**
 * In place: the Elastic IP leaves the node for a balancer, or a balancer for the node, and leads nowhere meanwhile.
 * @param seconds what AWS takes to make a balancer serve, or to give its address back
 * @throws {Error} where the records would go as well, or a balancer has another address than the node had
 */
export function planMove(request: GrowthRequest, seconds?: number): Growth {
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
        command: `pulumi preview --stack ${stack}`,
        why: "asks AWS whether the other mode can be: go on only where this ends without an error",
      },
      {
        command: free(grows ? "EipAssociation::ingress-ingress" : "LoadBalancer::ingress"),
        why: `sets ${outputs.ingressPublicIp} free: nobody answers there from here …`,
      },
      {
        command: `pulumi up --yes --stack ${stack}`,
        why: `… to here. Where it fails, ${set("mode", outputs.mode)} and another \`pulumi up\` lead back`,
      },
    ],
    down: { application: (seconds ?? awsSeconds[mode]) + ownSeconds[mode], api: 0 },
    overlap: 0,
    cost: costs(outputs, mode),
  };
}
