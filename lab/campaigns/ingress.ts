/** `npm run campaign -- ingress`: real ingress controllers behind 443, with the recipes of docs/ingress-controllers.md. */
import { Command } from "commander";
import type { Row } from "../proof/row";
import { runMain } from "../runMain";
import { runIngress } from "./ingress/campaign";
import { machineInWords, table, writeResults } from "./page";

const { json } = new Command("npm run campaign -- ingress")
  .description(
    "runs real ingress controllers behind 443, lets them obtain and renew certificates, and writes docs/results/ingress.md",
  )
  .option("--json", "print one JSON object on stdout: { rows }")
  .parse()
  .opts<{ json?: boolean }>();

const page = (rows: readonly Row[]): string => `# Ingress controllers

<!-- Written by \`npm run campaign -- ingress\`. -->

Real ingress controllers in a pod's network on a node with the real control plane, with the recipes of
[docs/ingress-controllers.md](../ingress-controllers.md), asked from the internet through the ingress' Elastic IP. Certificates come from
Pebble, which validates names from there. **${rows.filter(({ ok }) => ok).length} of ${rows.length}** promises kept. ${machineInWords()}

${table(
  ["", "promise", "observed"],
  rows.map(({ ok, name, observed }) => [ok ? "✓" : "✗", name, observed.replaceAll("\n", "; ").replaceAll("|", "\\|")]),
)}
`;

runMain(async () => {
  const rows = await runIngress();
  const text = page(rows);
  await writeResults("ingress", text);
  process.stdout.write(json ? `${JSON.stringify({ rows }, undefined, 2)}\n` : `${text}\n`);
  if (rows.some(({ ok }) => !ok)) process.exitCode = 1;
});
