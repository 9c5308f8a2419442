/**
 * `npm run campaign -- matrix`: the lab's proof with the real control plane, for each API server address, kube-proxy
 * mode and Debian release.
 */
import { Command } from "commander";
import { suites } from "../node/image";
import { repositoryRoot, typescript } from "../paths";
import { attempt } from "../process";
import { step } from "../progress";
import type { Row } from "../proof/row";
import { runMain } from "../runMain";
import { machineInWords, table, writeResults } from "./page";

new Command("npm run campaign -- matrix")
  .description(
    "Runs the lab's proof with the real control plane, for each API server address, kube-proxy mode and Debian release.",
  )
  .parse();

const places = [
  { name: "`*:443`, as kOps leaves it", options: ["--api-port", "443"] },
  { name: "`127.0.0.1:8443`", options: ["--api-port", "8443", "--api-address", "127.0.0.1"] },
  { name: "`*:8443`", options: ["--api-port", "8443", "--api-address", "0.0.0.0"] },
];

const kinds = suites.flatMap((debian) =>
  ["nftables", "iptables"].flatMap((proxyMode) => places.map((place) => ({ debian, proxyMode, place }))),
);

async function main(): Promise<void> {
  const lines: string[][] = [];
  const broken: string[] = [];
  for (const { debian, proxyMode, place } of kinds) {
    const kind = `API server on ${place.name}, kube-proxy by ${proxyMode}, Debian ${debian}`;
    const rows = await step(kind, async (note) => {
      const args = [...typescript, "lab/cli.ts", "--json", "--kubernetes"];
      const options = ["--proxy-mode", proxyMode, "--debian", debian, ...place.options];
      const { stdout, stderr } = await attempt(process.execPath, [...args, ...options], { cwd: repositoryRoot });
      if (stdout === "") throw new Error(stderr);
      const { rows } = JSON.parse(stdout) as { rows: Row[] };
      note(`${rows.filter(({ ok }) => ok).length} of ${rows.length} promises kept`);
      return rows;
    });
    const observed = (id: string): string => rows.find((row) => row.id === id)?.observed ?? "";
    const failed = rows.filter(({ ok }) => !ok).map(({ id }) => id);
    broken.push(...failed.map((id) => `${kind}: ${id}`));
    const kept = `${rows.length - failed.length} of ${rows.length}`;
    const endpoints = `${observed("kubernetes-endpoint")} → ${observed("reboot-kubernetes-endpoint")}`;
    lines.push([place.name, proxyMode, debian, kept, endpoints]);
  }
  const text = `# Kinds of node

<!-- Written by \`npm run campaign -- matrix\`. -->

Every promise of \`npm run lab -- --kubernetes\`, asked before and after a reboot that puts a moved API server back on 443.
${machineInWords()}

${table(["API server on", "kube-proxy", "Debian", "promises kept", "`kubernetes` endpoint, before → after the reboot"], lines)}
`;
  await writeResults("matrix", text);
  process.stdout.write(`${text}\n`);
  if (broken.length > 0) {
    process.stderr.write(`broken promises:\n${broken.join("\n")}\n`);
    process.exitCode = 1;
  }
}

runMain(main);
