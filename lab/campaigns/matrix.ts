/**
 * `npm run campaign -- matrix`: the lab's proof with the real control plane, for each API server address and kube-proxy
 * mode.
 */
import { Command } from "commander";
import { repositoryRoot, typescript } from "../paths";
import { attempt } from "../process";
import { step } from "../progress";
import type { Row } from "../proof/row";
import { machineInWords, table, writeResults } from "./page";

new Command("npm run campaign -- matrix")
  .description("Runs the lab's proof with the real control plane, for each API server address and kube-proxy mode.")
  .parse();

const places = [
  { name: "`*:443`, as kOps leaves it", options: ["--api-port", "443"] },
  { name: "`127.0.0.1:8443`", options: ["--api-port", "8443", "--api-address", "127.0.0.1"] },
  { name: "`*:8443`", options: ["--api-port", "8443", "--api-address", "0.0.0.0"] },
];

async function main(): Promise<void> {
  const lines: string[][] = [];
  const broken: string[] = [];
  for (const proxyMode of ["nftables", "iptables"]) {
    for (const { name, options } of places) {
      const start = Date.now();
      const rows = await step(`API server on ${name}, kube-proxy by ${proxyMode}`, async (note) => {
        const args = [...typescript, "lab/cli.ts", "--json", "--kubernetes"];
        const { stdout, stderr } = await attempt(process.execPath, [...args, "--proxy-mode", proxyMode, ...options], {
          cwd: repositoryRoot,
        });
        if (stdout === "") throw new Error(stderr);
        const { rows } = JSON.parse(stdout) as { rows: Row[] };
        note(`${rows.filter(({ ok }) => ok).length} of ${rows.length} promises kept`);
        return rows;
      });
      const observed = (id: string): string => rows.find((row) => row.id === id)?.observed ?? "";
      const failed = rows.filter(({ ok }) => !ok).map(({ id }) => id);
      broken.push(...failed.map((id) => `${name}, ${proxyMode}: ${id}`));
      const kept = `${rows.length - failed.length} of ${rows.length}`;
      const endpoints = `${observed("kubernetes-endpoint")} → ${observed("reboot-kubernetes-endpoint")}`;
      const took = `${Math.round((Date.now() - start) / 1000)} s`;
      lines.push([name, proxyMode, kept, endpoints, observed("memory"), took]);
    }
  }
  const text = `# Kinds of node

<!-- Written by \`npm run campaign -- matrix\`. -->

Every promise of \`npm run lab -- --kubernetes\`, asked before and after a reboot that puts a moved API server back on 443.
${machineInWords()}

${table(["API server on", "kube-proxy", "promises kept", "`kubernetes` endpoint, before → after the reboot", "memory of the lab", "took"], lines)}
`;
  await writeResults("kinds-of-node", text);
  process.stdout.write(`${text}\n`);
  if (broken.length > 0) {
    process.stderr.write(`broken promises:\n${broken.join("\n")}\n`);
    process.exitCode = 1;
  }
}

void main();
