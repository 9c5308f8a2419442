/** Runs scenarios on a lab with their kind of node, under constant requests. */
import { setTimeout as sleep } from "node:timers/promises";
import { keepLab } from "../../keptLab";
import { lab, type LabOptions } from "../../lab";
import { node } from "../../network/addresses";
import { step } from "../../progress";
import { movedNode } from "./moved";
import { startProbes } from "../../proof/probes";
import { bringUp } from "../bringUp";
import { applicationsAddress, judge, type Result, type Scenario } from "./scenario";
import { untouchedNode } from "./untouched";

/** The kinds of node, each with its scenarios in order. */
export const kinds = [
  { options: { apiPort: 443, apiAddress: "127.0.0.1" }, scenarios: untouchedNode },
  { options: { apiPort: 8443, apiAddress: "127.0.0.1" }, scenarios: movedNode },
] as const;

/** A CNI's rules and routes, like those of Cilium and Calico, which we must not delete. */
const foreign = {
  make: `ip rule add pref 512 to 100.96.7.0/24 lookup main; ip route add 100.96.7.0/24 dev ${node.device} proto 200`,
  count: "{ ip rule show pref 512; ip route show proto 200; } | grep -c 100.96.7.0/24",
};

/** Milliseconds of requests before and after each scenario. */
const margin = 1000;

export interface CampaignOptions extends Pick<LabOptions, "kubernetes"> {
  /** Selects scenarios by name. */
  chosen(name: string): boolean;
}

export async function runFaults({ kubernetes, chosen }: CampaignOptions): Promise<Result[]> {
  const results: Result[] = [];
  for (const { options, scenarios } of kinds) {
    const wanted = scenarios.filter(({ name }) => chosen(name));
    if (wanted.length === 0) continue;
    const kept = await keepLab({ ...options, ...(kubernetes ? { kubernetes } : {}), plugins: "auto" });
    try {
      await kept.node(foreign.make);
      let up = false;
      for (const scenario of wanted) {
        if (!scenario.first && !up) await step("pulumi up of prod", () => bringUp(kept));
        results.push(await runScenario(scenario, kept));
        up = !scenario.name.endsWith("destroy");
      }
    } finally {
      await lab.down();
    }
  }
  return results;

  async function runScenario(scenario: Scenario, kept: Awaited<ReturnType<typeof keepLab>>): Promise<Result> {
    return step(scenario.name, async (note) => {
      const probes = await startProbes(scenario.first ? undefined : await applicationsAddress());
      await sleep(margin);
      const start = Date.now();
      const errors: string[] = [];
      try {
        await scenario.run(kept);
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
      const seconds = (Date.now() - start) / 1000;
      if ((await kept.node(foreign.count)).trim() !== "2") errors.push("a CNI's rules or routes are gone");
      await sleep(margin);
      const counts = await probes.stop();
      await scenario.afterwards?.(kept);
      const { api, app } = counts;
      note(`API ${api.failed} of ${api.sent} failed, application ${app.failed} of ${app.sent}`);
      return { name: scenario.name, ...counts, seconds, broken: [...errors, ...judge(scenario, counts)] };
    });
  }
}
