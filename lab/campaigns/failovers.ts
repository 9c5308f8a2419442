/**
 * `npm run campaign -- failovers`: repeatedly replaces, drains, freezes and loses a worker behind the load balancer.
 */
import { Command } from "commander";
import { healthCheck } from "../../components/balancerHealth";
import { keepLab } from "../keptLab";
import { lab } from "../lab";
import { step } from "../progress";
import { type FailedOver, failOver, putBehindBalancer } from "./failovers/campaign";
import { faults } from "./failovers/faults";
import { machineInWords, table, writeResults } from "./page";
import { runMain } from "../runMain";

const { times, json } = new Command("npm run campaign -- failovers")
  .description("makes a worker behind the load balancer fail in each way, and writes docs/results/failovers.md")
  .option("--times <number>", "repetitions of each fault, 1 to 10", "5")
  .option("--json", "print one JSON object on stdout: { failovers }")
  .parse()
  .opts<{ times: string; json?: boolean }>();

const span = (values: readonly number[], digits: number): string => {
  const [least, most] = [Math.min(...values).toFixed(digits), Math.max(...values).toFixed(digits)];
  return least === most ? least : `${least}–${most}`;
};

async function main(): Promise<void> {
  const failovers: FailedOver[] = [];
  const kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto", nodes: 3 });
  try {
    await putBehindBalancer(kept);
    for (let number = 1; number <= Number(times); number++)
      for (const fault of faults)
        failovers.push(await step(`${fault.id}, time ${number}`, () => failOver(kept, fault, 1 + (number % 2))));
  } finally {
    await lab.down();
  }
  const { interval, unhealthyThreshold, timeout } = healthCheck;
  const broken = failovers.flatMap((each) => each.broken);
  const text = `# A worker fails behind the load balancer

<!-- Written by \`npm run campaign -- failovers\`. -->

Two workers behind the balancer of mode \`load-balancer\`, with 20 new connections a second to the applications and 20 to the API. The balancer
checks each worker every ${interval} s, waits ${timeout} s for the response, and stops using it after ${unhealthyThreshold} failed checks: requests may fail for
${interval} × ${unhealthyThreshold} = ${interval * unhealthyThreshold} s if a worker refuses connections, and ${timeout} s longer if it does not respond.
**${failovers.length - failovers.filter((each) => each.broken.length > 0).length} of ${failovers.length}** stayed within the limit. ${machineInWords()}

${table(
  ["fault of the worker", "times", "last failed request after", "allowed", "failed requests", "of", "API, failed"],
  faults.map(({ id, name, allowed }) => {
    const mine = failovers.filter((each) => each.id === id);
    const of = (value: (each: FailedOver) => number): number[] => mine.map(value);
    return [
      name,
      mine.length,
      mine.some(({ failed }) => failed > 0)
        ? `${span(
            of(({ lastFailure }) => lastFailure),
            1,
          )} s`
        : "none failed",
      `${allowed} s`,
      span(
        of(({ failed }) => failed),
        0,
      ),
      span(
        of(({ sent }) => sent),
        0,
      ),
      span(
        of(({ apiFailed }) => apiFailed),
        0,
      ),
    ];
  }),
)}

The balancer is the lab's: AWS's own takes [another 90 to 180 s](https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1834) until its
first check of a new target. Connections that are open to a failing worker are not measured. A TCP health check does not detect an ingress that hangs
while the node's kernel still accepts connections; Kubernetes' liveness probes do.
${broken.length > 0 ? `\nWhat did not hold:\n\n${broken.map((each) => `- ${each}`).join("\n")}\n` : ""}`;
  await writeResults("failovers", text);
  process.stdout.write(json ? `${JSON.stringify({ failovers }, undefined, 2)}\n` : `${text}\n`);
  if (broken.length > 0) process.exitCode = 1;
}

runMain(main);
