/** `npm run campaign -- load`: loads the applications' address, and measures what that costs the API. */
import { Command } from "commander";
import { keepLab } from "../keptLab";
import { lab } from "../lab";
import { bringUp } from "./bringUp";
import { type Figures, runLoads } from "./load/campaign";
import { loads } from "./load/loads";
import { limitNode } from "./load/node";
import { writeLoadPage } from "./load/page";
import { installPrograms } from "../requirements";
import { say, step } from "../progress";
import { runMain } from "../runMain";
import { loadGenerators } from "./bench/load";

const { json, only, light } = new Command("npm run campaign -- load")
  .description("loads the applications' address, measures what that costs the API, and writes docs/results/load.md")
  .option("--json", "print one JSON object on stdout: { rest, connections, rows }")
  .option("--only <pattern>", "only the loads whose id matches this regular expression; does not write the page")
  .option("--light", "use the light stand-ins for the control plane; does not write the page")
  .parse()
  .opts<{ json?: boolean; only?: string; light?: boolean }>();

async function main(): Promise<void> {
  await installPrograms({ wrk: loadGenerators.wrk });
  const pattern = new RegExp(only ?? "");
  const kept = await keepLab({
    apiPort: 443,
    apiAddress: "127.0.0.1",
    ...(light ? {} : { kubernetes: "nftables" }),
    plugins: "auto",
  });
  let figures: Figures;
  try {
    await bringUp(kept);
    await step("The node's limits", () => limitNode(kept));
    figures = await runLoads(
      kept,
      loads.filter(({ id }) => pattern.test(id)),
    );
  } finally {
    await lab.down();
  }
  if (!only && !light) await writeLoadPage(figures);
  if (json) process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
  for (const { title, broken } of figures.rows) for (const what of broken) say(`✗ ${title}: ${what}`);
  if (figures.rows.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
}

runMain(main);
