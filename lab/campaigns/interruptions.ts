/** `npm run campaign -- interruptions`: interrupts the installation of every file at every stage. */
import { Command, Option } from "commander";
import { say } from "../progress";
import { type InterruptionsReport, runInterruptions } from "./interruptions/campaign";
import { machineInWords, table, writeResults } from "./page";

interface Flags {
  json?: boolean;
  every: string;
  apiPort: "443" | "8443";
  handMade?: true;
}

async function writePage({ points, interruptions, api }: InterruptionsReport, handMade = false): Promise<void> {
  const steps = [...new Set(interruptions.map(({ step }) => step))];
  const actions = [...new Set(interruptions.map(({ action }) => action))];
  const cell = (step: string, action: string): string => {
    const all = interruptions.filter((each) => each.step === step && each.action === action);
    return `${all.filter(({ broken }) => broken.length === 0).length} of ${all.length}`;
  };
  await writeResults(
    handMade ? "interruptions-hand-made" : "interruptions",
    `# Interrupted at every stage${handMade ? " of moving in" : ""}

<!-- Written by \`npm run campaign -- interruptions${handMade ? " --hand-made" : ""}\`. -->

Each step of an installation is interrupted at its installer's calls, ${interruptions.length} of ${points} points: the installer is killed, the disk is full, the owning
tool rejects the file, the connection is cut. An interruption passes if the file is in its old or new state, never between, the next run completes, and no temporary
file or lock is left. The API in the meantime: ${api.failed} of ${api.sent} requests failed. ${machineInWords()}

${table(
  ["step", ...actions],
  steps.map((step) => [step, ...actions.map((action) => cell(step, action))]),
)}
`,
  );
}

new Command("npm run campaign -- interruptions")
  .description("Interrupts the installation of every file at every stage, and writes docs/results/interruptions.md.")
  .option(
    "--json",
    "print one JSON object on stdout: { interruptions: [{ step, call, program, action, broken }], api }",
  )
  .option("--every <n>", "only every nth point", "1")
  .addOption(new Option("--api-port <port>", "port of the API server").choices(["443", "8443"]).default("443"))
  .addOption(
    new Option("--hand-made", "on a node with the layout made by hand, which is taken over").conflicts("apiPort"),
  )
  .showHelpAfterError()
  .action(async ({ json, every, apiPort, handMade }: Flags) => {
    if (!/^[1-9]\d*$/.test(every)) throw new Error(`--every: expected a whole number from 1, found '${every}'`);
    const report = await runInterruptions(
      { every: Number(every), ...(handMade ? { adopt: true } : {}) },
      { apiPort: apiPort === "443" ? 443 : 8443, apiAddress: "127.0.0.1" },
    );
    await writePage(report, handMade);
    if (json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    const broken = report.interruptions.filter(({ broken }) => broken.length > 0);
    for (const each of broken)
      say(`✗ ${each.step}, call ${each.call} (${each.program}), ${each.action}: ${each.broken.join("; ")}`);
    const total = report.interruptions.length;
    say(
      `${total - broken.length} of ${total} interruptions left nothing wrong; the API: ${report.api.failed} of ${report.api.sent} failed`,
    );
    if (report.notGivenBack.length > 0) say(`✗ the layout is not as before: ${report.notGivenBack.join("\n")}`);
    process.exitCode = broken.length === 0 && report.notGivenBack.length === 0 && report.api.failed === 0 ? 0 : 1;
  })
  .parseAsync()
  .catch((error: unknown) => {
    say(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  });
