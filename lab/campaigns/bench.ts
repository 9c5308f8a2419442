/** `npm run bench`: compares our paths with their alternatives, and the program with an empty one. */
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { haproxyUnit } from "../../hostfiles/node/paths";
import { keepLab } from "../keptLab";
import { namespaces } from "../network/addresses";
import { lab } from "../lab";
import { run } from "../process";
import { say, step } from "../progress";
import { stackOutputs } from "../proof/outputs";
import { installPrograms } from "../requirements";
import { type Bench, benchOf, thisMachine } from "./bench/figures";
import { loadGenerators } from "./bench/load";
import { measureHeld } from "./bench/manyConnections";
import { durations, measurePaths } from "./bench/measure";
import { performancePage, refuseFewRuns, writePerformancePage } from "./bench/page";
import { makePaths, mostConnections, pathsTo } from "./bench/paths";
import { measureProgram } from "./bench/program";
import { missed } from "./bench/promises";
import { measureTuning } from "./bench/tuning";
import { versionsOf } from "./bench/versions";
import { runMain } from "../runMain";

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("expected a whole number above 0");
}

const { runs, idle, streams, json, page } = new Command("npm run bench --")
  .description(
    "compares the paths to application and API, and the program with an empty one; writes docs/performance.md.\n" +
      "The exit status is 1 if a figure misses its limit.",
  )
  .option("--runs <number>", "number of runs, each measuring all paths", positive, 9)
  .option("--idle <number>", "number of idle connections to hold", positive, 10_000)
  .option(
    "--streams <number>",
    "number of streams that a reload and a configuration change must not interrupt",
    positive,
    1000,
  )
  .option("--no-page", "measure without writing the page")
  .option(
    "--json",
    "print one JSON object on stdout: { machine, versions, runs, paths, ratios, spreads, comparisons, tuning, held, program }",
  )
  .parse()
  .opts<{ runs: number; idle: number; streams: number; json?: boolean; page: boolean }>();

/** Longer than HAProxy's client timeout. */
const idleSeconds = 70;

/** Enough for the limits of the program and of tuning, which take long to measure. */
const otherRuns = Math.min(runs, 5);

/** A load leaves more closed connections than the kernel tracks, and uses more ports than a client has. */
async function forManyConnections(): Promise<void> {
  const set = (namespace: string, setting: string): Promise<string> =>
    run("ip", ["netns", "exec", namespace, "sysctl", "-qw", setting]);
  for (const namespace of [namespaces.vpc, namespaces.node])
    await set(namespace, "net.netfilter.nf_conntrack_tcp_timeout_time_wait=5");
  await set(namespaces.vpc, "net.ipv4.ip_local_port_range=1024 65535");
}

async function measure(): Promise<Bench> {
  const kept = await keepLab({ apiPort: 8443, apiAddress: "0.0.0.0", plugins: "auto" });
  try {
    const program = await step("The program", (note) => measureProgram(kept, otherRuns, note));
    const { secondaryPrivateIp } = await stackOutputs("prod");
    const ways = pathsTo(secondaryPrivateIp);
    await makePaths(kept, secondaryPrivateIp);
    await forManyConnections();
    await sleep(1000);
    const paths = await step("The paths", (note) => measurePaths(kept, ways, runs, durations, note));
    const tuning = await step("Tuning", (note) => measureTuning(kept, secondaryPrivateIp, otherRuns, note));
    const held = await step("Held connections", async (note) =>
      measureHeld(
        kept,
        ways,
        { idle, idleSeconds, idlePerProcess: await mostConnections(kept, haproxyUnit), streams },
        note,
      ),
    );
    return benchOf({ machine: thisMachine(), versions: await versionsOf(kept), paths, tuning, held, program });
  } finally {
    await lab.down();
  }
}

async function main(): Promise<void> {
  if (page) refuseFewRuns(runs);
  await installPrograms(loadGenerators);
  const bench = await measure();
  if (page) await writePerformancePage(bench);
  process.stdout.write(json ? `${JSON.stringify(bench, undefined, 2)}\n` : `${performancePage(bench)}\n`);
  for (const { title, found, asked } of missed(bench)) {
    say(`missed: ${title}: ${found}, asked for ${asked}`);
    process.exitCode = 1;
  }
}

runMain(main);
