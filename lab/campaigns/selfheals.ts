/**
 * `npm run campaign -- selfheals`: repeatedly replaces the node's instance as kOps does; the node heals without the
 * operator.
 */
import { Command } from "commander";
import { keepLab } from "../keptLab";
import { lab } from "../lab";
import { step } from "../progress";
import { machineInWords, table, writeResults } from "./page";
import { giveToKops, type Healed, healOnce } from "./selfheals/campaign";
import { runMain } from "../runMain";
import { bringUp } from "./bringUp";

const { times, json } = new Command("npm run campaign -- selfheals")
  .description("replaces the node's instance, which then heals by itself, and writes docs/results/selfheals.md")
  .option("--times <number>", "number of replacements, 1 to 5", "5")
  .option("--json", "print one JSON object on stdout: { heals }")
  .parse()
  .opts<{ times: string; json?: boolean }>();

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function page(heals: readonly Healed[]): string {
  const app = heals.map((each) => each.app);
  return `# Self-heals

<!-- Written by \`npm run campaign -- selfheals\`. -->

kOps terminates the instance and launches another from the manifests that \`secondary-ingress kops --patch\` has changed. Without
the operator, the node assigns its addresses and installs its host files, and the application responds on the same public address
**${median(app).toFixed(1)} s** after power on (median of ${heals.length}, ${Math.min(...app).toFixed(1)}–${Math.max(...app).toFixed(1)} s). A following \`pulumi up\` changes nothing
in AWS, and on the node only the password of the statistics page, with a reload of HAProxy; another one, with a refresh,
changes nothing. ${machineInWords()}

This is the lab's figure, from power on to the first response, with a light control plane, packages on the disk and a running ingress
controller. A real cluster adds the time until the Auto Scaling group reacts and EC2 has launched the instance, nodeup's downloads, the
packages from a mirror, and the ingress controller's pod.

${table(
  [
    "heal",
    "API after power on",
    "application after power on",
    "`pulumi up`",
    "failed requests during `up` (application, API)",
    "failed checks",
  ],
  heals.map(({ api, app: healed, up, failedDuringUp, broken }, index) => [
    index + 1,
    `${api.toFixed(1)} s`,
    `${healed.toFixed(1)} s`,
    `${up.toFixed(1)} s`,
    `${failedDuringUp.app}, ${failedDuringUp.api}`,
    broken.join("; ") || "–",
  ]),
)}
`;
}

async function main(): Promise<void> {
  const heals: Healed[] = [];
  const kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto" });
  try {
    await bringUp(kept);
    const group = await giveToKops(kept);
    await lab.startMetadata();
    for (let number = 1; number <= Number(times); number++) {
      heals.push(await step(`self-heal ${number}`, () => healOnce(kept, group)));
      await writeResults("selfheals", page(heals));
    }
  } finally {
    await lab.down();
  }
  process.stdout.write(json ? `${JSON.stringify({ heals }, undefined, 2)}\n` : `${page(heals)}\n`);
  if (heals.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
}

runMain(main);
