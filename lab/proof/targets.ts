/** Target health as the load balancers report it. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { healthCheck } from "../../components/balancerHealth";
import type { Account } from "../aws/account";
import { currentNode } from "../node/identity";
import type { Machine } from "../network/machines";
import { labPaths } from "../paths";
import { type Row, row } from "./row";

/** @param workers expected number of nodes behind each port */
export function targetsHealthy(workers: number): Promise<Row> {
  // The first check runs at once, the last after all intervals but one.
  const seconds = healthCheck.interval * healthCheck.healthyThreshold;
  const name = `each worker is behind 443 and 80, and healthy within ${seconds} s`;
  return row("targets-healthy", name, `${2 * workers} of ${2 * workers}`, async () => {
    for (let tries = 0; ; tries++) {
      const { targetHealth = [] } = JSON.parse(await readFile(labPaths.account, "utf8")) as Account;
      const healthy = targetHealth.filter(({ state }) => state === "healthy").length;
      const ok = healthy === 2 * workers;
      if (ok || tries === seconds * 10) return { ok, observed: `${healthy} of ${2 * workers}` };
      await sleep(100);
    }
  });
}

/** A machine's state in each target group, as AWS reports it. */
async function statesOf(machine: Machine): Promise<string[]> {
  const { targetGroups = [], targetHealth = [] } = JSON.parse(await readFile(labPaths.account, "utf8")) as Account;
  const { instanceId } = currentNode(machine);
  return targetGroups.map(
    ({ arn }) =>
      targetHealth.find((each) => each.targetGroupArn === arn && each.instanceId === instanceId)?.state ?? "initial",
  );
}

/** @throws unless the machine reaches this state in every target group within 60 s */
export async function waitForTarget(machine: Machine, state: "healthy" | "unhealthy"): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const states = await statesOf(machine);
    if (states.length > 0 && states.every((each) => each === state)) return;
    await sleep(100);
  }
  throw new Error(`expected ${machine.name} to be ${state} within 60 s, found ${(await statesOf(machine)).join(", ")}`);
}
