/** `npm run mutation`: changes what the claims about AWS rest on, bit by bit, and counts how often a test sees it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { machineInWords, table, writeResults } from "../lab/campaigns/page";
import { repositoryRoot } from "../lab/paths";
import { attempt, run } from "../lab/process";
import { step } from "../lab/progress";
import { runMain } from "../lab/runMain";

/** Killed of all, in percent, below which the command fails. */
const enough = 80;

const { mutate, json } = new Command("npm run mutation --")
  .description(
    "runs Stryker over the secondary address and the lab's AWS endpoint, and writes docs/results/mutation.md",
  )
  .option("--mutate <files>", "only these, as a comma-separated list of globs; no page is written")
  .option("--json", "print one JSON object on stdout: { score, files }")
  .parse()
  .opts<{ mutate?: string; json?: boolean }>();

interface Report {
  files: Record<string, { mutants: { status: string }[] }>;
}

interface Score {
  file: string;
  killed: number;
  /** Mutants that a test could have seen. */
  all: number;
}

const scoreOf = (file: string, mutants: readonly { status: string }[]): Score => {
  const count = (...statuses: string[]): number => mutants.filter(({ status }) => statuses.includes(status)).length;
  const killed = count("Killed", "Timeout");
  return { file, killed, all: killed + count("Survived", "NoCoverage") };
};
const percent = ({ killed, all }: Omit<Score, "file">): number => (all === 0 ? 100 : (100 * killed) / all);

async function main(): Promise<void> {
  const folder = join(repositoryRoot, "mutation");
  await step("Stryker's packages", () =>
    run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder }),
  );
  const start = Date.now();
  await step("Mutants", async () => {
    const stryker = join(folder, "node_modules/@stryker-mutator/core/bin/stryker.js");
    const args = [stryker, "run", "mutation/stryker.config.mjs", ...(mutate ? ["--mutate", mutate] : [])];
    const { status, stdout, stderr } = await attempt(process.execPath, args, { cwd: repositoryRoot });
    if (status !== 0) throw new Error(`${stdout}${stderr}`.split("\n").slice(-40).join("\n"));
  });
  const report = JSON.parse(await readFile(join(repositoryRoot, "reports/mutation.json"), "utf8")) as Report;
  const files = Object.entries(report.files)
    .map(([file, { mutants }]) => scoreOf(file, mutants))
    .filter(({ all }) => all > 0)
    .sort((a, b) => percent(a) - percent(b));
  const sum = (field: "killed" | "all"): number => files.reduce((total, each) => total + each[field], 0);
  const total = { killed: sum("killed"), all: sum("all") };
  const score = percent(total);
  const rows = files.map((each) => [`\`${each.file}\``, each.killed, each.all, `${percent(each).toFixed(0)} %`]);
  const text = `# Mutation test

<!-- Written by \`npm run mutation\`. -->

Stryker changes one expression at a time in the secondary address and in the rules of the lab's AWS endpoint, and runs the tests that
reach it. **${score.toFixed(1)} %** of ${total.all} changes are seen (at least ${enough} % are asked for), in
${Math.round((Date.now() - start) / 60_000)} minutes. ${machineInWords()}

${table(["file", "seen", "of", ""], rows)}
`;
  if (!mutate) await writeResults("mutation", text);
  process.stdout.write(json ? `${JSON.stringify({ score, files }, undefined, 2)}\n` : `${text}\n`);
  if (score < enough) process.exitCode = 1;
}

runMain(main);
