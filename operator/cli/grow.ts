/** `secondary-ingress grow --plan`: what it takes to lead a stack's clients to a load balancer, or back to one node. */
import { type Growth, planGrowth, planMove } from "../cutover/growth";
import { IngressMode } from "../../settings/choices";
import { openStack } from "./stack";
import { wrap } from "./wrap";

export interface GrowFlags {
  from: string;
  to?: string;
  sameAddress?: boolean;
  awsSeconds?: number;
  cwd: string;
  plan: true;
  json?: boolean;
}

const usd = (amount: number): string => `${amount.toFixed(2)} USD`;

/** Who is down for how long, and what it costs. */
function consequences({ way, to, down, overlap, cost }: Growth): string {
  const zones =
    to.mode === IngressMode.LoadBalancer
      ? ` and ${usd(cost.furtherZone)} for each zone with nodes beside the first`
      : "";
  const month = `A month costs ${usd(cost.after)}${zones} after it, ${usd(cost.before)} before (us-east-1, without traffic).`;
  return way === "dns"
    ? `Applications and API are down for 0 s. Both addresses answer, and are paid for, for ${overlap} s at least. ${month}`
    : `Applications are down for ${down.application} s, for most of which AWS makes or removes the balancer (--aws-seconds); the API for 0 s. ${month}`;
}

export async function grow({ from, to, sameAddress, awsSeconds, cwd, json }: GrowFlags): Promise<void> {
  const { owner, config, outputs, settings } = await openStack(from, cwd);
  const request = { stack: from, project: owner.split("/")[0] ?? "", config, outputs, settings };
  const plan = sameAddress ? planMove(request, awsSeconds) : planGrowth(request, to);
  if (json) {
    process.stdout.write(`${JSON.stringify(plan, undefined, 2)}\n`);
    return;
  }
  const columns = Math.min(Math.max(process.stdout.columns || 80, 60), 120);
  const address = plan.way === "dns" ? "an address of its own" : "the same address";
  const lines = [
    `${plan.from.stack} (${plan.from.mode}, ${plan.from.address}) → ${plan.to.stack} (${plan.to.mode}, ${address})`,
    "",
    ...plan.steps.flatMap(({ command, why }, index) => [
      `${index + 1}. ${command}`,
      ...wrap(`   ${why}`, columns, 3, 3),
    ]),
    "",
    ...wrap(consequences(plan), columns, 0, 0),
    "",
  ];
  process.stdout.write(lines.join("\n"));
}
