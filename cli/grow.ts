/** `secondary-ingress grow --plan`: what it takes to lead a stack's names to a load balancer, or back to one node. */
import { planGrowth } from "../cutover/growth";
import { openStack } from "./stack";
import { wrap } from "./wrap";

export interface GrowFlags {
  from: string;
  to?: string;
  cwd: string;
  plan: true;
  json?: boolean;
}

const usd = (amount: number): string => `${amount.toFixed(2)} USD`;

export async function grow({ from, to, cwd, json }: GrowFlags): Promise<void> {
  const { owner, outputs, settings } = await openStack(from, cwd);
  const plan = planGrowth(from, owner.split("/")[0] ?? "", to, outputs, settings);
  if (json) {
    process.stdout.write(`${JSON.stringify(plan, undefined, 2)}\n`);
    return;
  }
  const columns = Math.min(Math.max(process.stdout.columns || 80, 60), 120);
  const { cost, steps, overlap } = plan;
  const lines = [
    `${plan.from.stack} (${plan.from.mode}, ${plan.from.address}) → ${plan.to.stack} (${plan.to.mode}, an address of its own)`,
    "",
    ...steps.flatMap(({ command, why }, index) => [`${index + 1}. ${command}`, ...wrap(`   ${why}`, columns, 3, 3)]),
    "",
    ...wrap(
      `Applications and API are down for 0 s. Both addresses answer, and are paid for, for ${overlap} s at least. ` +
        `A month costs ${usd(cost.after)} after it, ${usd(cost.before)} before (us-east-1, one zone, without traffic).`,
      columns,
      0,
      0,
    ),
    "",
  ];
  process.stdout.write(lines.join("\n"));
}
