/**
 * `npm run campaign -- replacements`: repeatedly replaces the node's instance as kOps does, followed by one `pulumi
 * up`.
 */
import { Command } from "commander";
import { keepLab } from "../keptLab";
import { lab } from "../lab";
import { step } from "../progress";
import { machineInWords, table, writeResults } from "./page";
import { type Replaced, replaceOnce } from "./replacements/campaign";
import { runMain } from "../runMain";
import { bringUp } from "./bringUp";

const { times, json } = new Command("npm run campaign -- replacements")
  .description("repeatedly replaces the node's instance, and writes docs/results/replacements.md")
  .option("--times <number>", "number of replacements, 1 to 5", "5")
  .option("--json", "print one JSON object on stdout: { replacements }")
  .parse()
  .opts<{ times: string; json?: boolean }>();

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function main(): Promise<void> {
  const replacements: Replaced[] = [];
  const kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto" });
  try {
    await bringUp(kept);
    for (let number = 1; number <= Number(times); number++) {
      replacements.push(await step(`replacement ${number}`, () => replaceOnce(kept)));
    }
  } finally {
    await lab.down();
  }
  const up = replacements.map((each) => each.up);
  const text = `# Replaced nodes

<!-- Written by \`npm run campaign -- replacements\`. -->

kOps terminates the instance and launches another: new interface, new addresses, new disk, new host keys. \`pulumi up\` stops at
the new host key with both fingerprints; after the operator accepts the key, the next \`up\` moves everything. The applications' public address
stays the same, all URLs respond, and another \`up\` changes nothing. **${median(up).toFixed(1)} s** is the median of that \`up\`
(${Math.min(...up).toFixed(1)}–${Math.max(...up).toFixed(1)} s, ${up.length} times). ${machineInWords()}

${table(
  ["replacement", "the node's own boot", "`pulumi up`", "failed checks"],
  replacements.map(({ boot, up, broken }, index) => [
    index + 1,
    `${boot.toFixed(1)} s`,
    `${up.toFixed(1)} s`,
    broken.join("; ") || "–",
  ]),
)}
`;
  await writeResults("replacements", text);
  process.stdout.write(json ? `${JSON.stringify({ replacements }, undefined, 2)}\n` : `${text}\n`);
  if (replacements.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
}

runMain(main);
