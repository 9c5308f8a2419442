/** What a load balancer has found of its targets. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { healthCheck } from "../../components/loadBalancer";
import type { Account } from "../aws/account";
import { labPaths } from "../paths";
import { type Row, row } from "./row";

/** @param workers how many nodes there are to be behind each port */
export function targetsHealthy(workers: number): Promise<Row> {
  // The first answer comes at once, the last after all intervals but one.
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
