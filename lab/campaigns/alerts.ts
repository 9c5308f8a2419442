/** `npm run campaign -- alerts`: makes each alert fire and resolve in a real Prometheus. */
import { Command } from "commander";
import { keepLab } from "../keptLab";
import { lab } from "../lab";
import { step } from "../progress";
import { installPrograms } from "../requirements";
import { type AlertFault, alertFaults, lookWithDoctor } from "./alerts/faults";
import { alertRules, prometheusPrograms, type Rule, startPrometheus, textFiles } from "./alerts/prometheus";
import { type Operator, startOperator } from "./diagnoses/operator";
import { machineInWords, table, writeResults } from "./page";
import { runMain } from "../runMain";
import { bringUp } from "./bringUp";

const { json } = new Command("npm run campaign -- alerts")
  .description(
    "makes each alert of operator/monitoring/alerts.yml fire and resolve in a real Prometheus, and writes docs/results/alerts.md",
  )
  .option("--json", "print one JSON object on stdout: { alerts }")
  .parse()
  .opts<{ json?: boolean }>();

/** Seconds between scrapes. */
const interval = 5;
/** Otherwise the alert would take an hour to resolve. */
const shortened = { of: "[1h]", to: "[2m]" };
/** Seconds for an alert to fire or resolve; the longest `for` of the rules is five minutes. */
const patience = 480;

interface Seen {
  alerts: readonly string[];
  fault: string;
  /** Seconds from the fault to firing, and from its end to resolving. */
  fired: number;
  ended: number;
}

const page = (seen: readonly Seen[], all: number): string => `# Alerts

<!-- Written by \`npm run campaign -- alerts\`. -->

A real Prometheus scrapes the lab every ${interval} s, with \`operator/monitoring/alerts.yml\` unchanged, except that ranges of an hour
are shortened to two minutes. **${new Set(seen.flatMap(({ alerts }) => alerts)).size} of ${all}** alerts fire and resolve. ${machineInWords()}

${table(
  ["fault", "alerts", "fires after", "resolves after"],
  seen.map(({ fault, alerts, fired, ended }) => [
    fault,
    alerts.map((alert) => `[${alert}](../monitoring.md#${alert.toLowerCase()})`).join(", "),
    `${fired.toFixed(0)} s`,
    `${ended.toFixed(0)} s`,
  ]),
)}
`;

async function main(): Promise<void> {
  await installPrograms(prometheusPrograms);
  const seen: Seen[] = [];
  const rules = await alertRules();
  const kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto" });
  let operator: Operator | undefined;
  let stop: (() => Promise<void>) | undefined;
  try {
    await kept.node(`mkdir -p ${textFiles}`);
    await bringUp(kept);
    await kept.node("systemctl start secondary-ingress-check.service");
    operator = await startOperator(kept);
    const prometheus = await startPrometheus(kept, interval, (rule: Rule) => ({
      ...rule,
      expr: rule.expr.replace(shortened.of, shortened.to),
    }));
    stop = prometheus.stop;
    await lookWithDoctor(operator, prometheus);
    const one = async ({ alerts, fault, make, end }: AlertFault): Promise<Seen> => {
      if (!operator) throw new Error("no operator");
      await make(operator, prometheus);
      const fired = await prometheus.until(alerts, true, patience);
      await end(operator, prometheus);
      return { alerts, fault, fired, ended: await prometheus.until(alerts, false, patience) };
    };
    for (const fault of alertFaults) seen.push(await step(fault.alerts.join(", "), () => one(fault)));
  } finally {
    await stop?.();
    await operator?.stop();
    await lab.down();
  }
  const text = page(seen, rules.length);
  await writeResults("alerts", text);
  process.stdout.write(json ? `${JSON.stringify({ alerts: seen }, undefined, 2)}\n` : `${text}\n`);
}

runMain(main);
