/** `npm run bench`: what the path costs, beside what a user would pick instead, and what the program costs, beside an empty one. */
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { keepLab } from "../keptLab";
import { namespaces } from "../network/addresses";
import { lab } from "../lab";
import { run } from "../process";
import { step } from "../progress";
import { stackOutputs } from "../proof/outputs";
import { installPrograms } from "../requirements";
import { connectionsPerSecond, measureHeld, measurePaths, measureProgram } from "./bench/measure";
import { loadGenerators } from "./bench/load";
import { type Bench, performancePage, summary, writePerformancePage } from "./bench/page";
import { makePaths, mostConnections, pathsTo } from "./bench/paths";
import { measureTuning } from "./bench/tuning";

const { runs, seconds, idle, streams, json, page } = new Command("npm run bench --")
  .description(
    "compares the ways to application and API, and the program with an empty one; writes docs/performance.md",
  )
  .option("--runs <number>", "how often each figure is measured, in turn", "5")
  .option("--seconds <number>", "how long one load lasts", "2")
  .option("--idle <number>", "idle connections to hold", "10000")
  .option("--streams <number>", "streams that a reload and a change of the configuration must leave alone", "1000")
  .option("--no-page", "measure only")
  .option("--json", "print one JSON object on stdout: { machine, versions, paths, ratios, tuning, held, program }")
  .parse()
  .opts<{ runs: string; seconds: string; idle: string; streams: string; json?: boolean; page: boolean }>();

/** Longer than HAProxy's timeout for a client that says nothing. */
const idleSeconds = 70;

async function main(): Promise<void> {
  await installPrograms(loadGenerators);
  const kept = await keepLab({ apiPort: 8443, apiAddress: "0.0.0.0", plugins: "auto" });
  let bench: Bench;
  try {
    const program = await step("The program", (note) => measureProgram(kept, Number(runs), note));
    const { secondaryPrivateIp } = await stackOutputs(kept.state.engine.pulumi, "prod");
    const ways = pathsTo(secondaryPrivateIp);
    await makePaths(kept, secondaryPrivateIp);
    // A load leaves more ended connections behind than the kernel tracks; a day's work leaves fewer.
    for (const namespace of [namespaces.vpc, namespaces.node])
      await run("ip", [
        "netns",
        "exec",
        namespace,
        "sysctl",
        "-qw",
        "net.netfilter.nf_conntrack_tcp_timeout_time_wait=5",
      ]);
    await sleep(1000);
    const paths = await step("The paths", (note) => measurePaths(kept, ways, Number(runs), Number(seconds), note));
    const tuning = await step("Tuning", (note) =>
      measureTuning(
        kept,
        secondaryPrivateIp,
        Number(runs),
        connectionsPerSecond * Number(seconds),
        Number(seconds),
        note,
      ),
    );
    const held = await step("Held connections", async (note) =>
      measureHeld(
        kept,
        ways,
        {
          idle: Number(idle),
          idleSeconds,
          idlePerProcess: await mostConnections(kept, "haproxy.service"),
          streams: Number(streams),
        },
        note,
      ),
    );
    bench = await summary(kept, { program, paths, tuning, held });
  } finally {
    await lab.down();
  }
  if (page) await writePerformancePage(bench);
  process.stdout.write(json ? `${JSON.stringify(bench, undefined, 2)}\n` : `${performancePage(bench)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
