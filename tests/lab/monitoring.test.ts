/** The alert rules and the dashboard, by a real Prometheus with real exporters; the short form of `npm run campaign -- alerts`. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { alertFaults } from "../../lab/campaigns/alerts/faults";
import { alertRules, type Prometheus, startPrometheus, textFiles } from "../../lab/campaigns/alerts/prometheus";
import { type Operator, startOperator } from "../../lab/campaigns/diagnoses/operator";
import type { KeptLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { keepPreparedLab } from "../../lab/preparedLab";
import { repositoryRoot } from "../../lab/paths";
import { installDnsPrograms, installPrometheus, needsProgram, needsRoot } from "../support/needs";

describe("monitoring", function () {
  let kept: KeptLab;
  let operator: Operator;
  let prometheus: Prometheus;

  before(async function () {
    needsRoot(this);
    await installPrometheus();
    await installDnsPrograms();
    for (const program of ["prometheus", "prometheus-node-exporter", "prometheus-blackbox-exporter", "named"])
      needsProgram(this, program);
    kept = await keepPreparedLab("prod");
    await kept.node(`mkdir -p ${textFiles}`);
    await kept.node("systemctl start secondary-ingress-check.service");
    operator = await startOperator(kept);
    // The same expressions, with nobody waiting for a minute.
    prometheus = await startPrometheus(kept, 1, (rule) => (rule.for ? { ...rule, for: "2s" } : rule));
  });
  after(async () => {
    if (prometheus as Prometheus | undefined) await prometheus.stop();
    if (operator as Operator | undefined) await operator.stop();
    if (kept as KeptLab | undefined) await lab.down();
  });

  it("every query of the dashboard has data, and no alert fires", async () => {
    const { panels } = JSON.parse(
      await readFile(join(repositoryRoot, "operator/monitoring/dashboard.json"), "utf8"),
    ) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    assert.ok(panels.length > 5);
    const data = async (expr: string): Promise<unknown[]> =>
      (await prometheus.get<{ result: unknown[] }>(`query?query=${encodeURIComponent(expr)}`)).result;
    const end = Date.now() + 600_000;
    for (const { title, targets } of panels)
      for (const { expr } of targets)
        while ((await data(expr)).length === 0) {
          assert.ok(Date.now() < end, `no data for ${title}: ${expr}`);
          await sleep(500);
        }
    // The lab's certificates are good for 30 days.
    assert.deepEqual(await prometheus.firing(), []);
  });

  for (const { alerts, fault, make, end } of alertFaults.filter(({ slow }) => !slow)) {
    it(`${fault}: ${alerts.join(" and ")}, until it is fixed`, async () => {
      try {
        await make(operator, prometheus);
        await prometheus.until(alerts, true);
      } finally {
        await end(operator, prometheus);
      }
      await prometheus.until(alerts, false);
    });
  }

  it("repairs are counted", async () => {
    const { result } = await prometheus.get<{ result: unknown[] }>("query?query=secondary_ingress_repairs_total%3E0");
    assert.equal(result.length, 1);
  });

  it("`npm run campaign -- alerts` makes every alert fire", async () => {
    const made = alertFaults.flatMap(({ alerts }) => alerts);
    const rules = (await alertRules()).map(({ alert }) => alert);
    assert.deepEqual([...new Set(made)].sort(), rules.sort());
  });

  it("leaves no metrics behind", async () => {
    const { status, stdout, stderr } = await kept.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod");
    assert.equal(status, 0, `${stdout}${stderr}`);
    // What the doctor wrote belongs to another machine.
    assert.equal((await kept.node(`ls ${textFiles}`)).trim(), "doctor.prom");
  });
});
