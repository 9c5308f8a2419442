/**
 * `npm run campaign -- matrix`: the lab's proof with the real control plane, for each API server address, kube-proxy
 * mode and Debian release; with `--cni cilium`, Cilium in kube-proxy's place.
 */
import { Command, Option } from "commander";
import { suites } from "../node/image";
import { repositoryRoot, typescript } from "../paths";
import { attempt } from "../process";
import { step } from "../progress";
import type { Row } from "../proof/row";
import { runMain } from "../runMain";
import { machineInWords, table, writeResults } from "./page";

const { cni, kubelet } = new Command("npm run campaign -- matrix")
  .description(
    "Runs the lab's proof with the real control plane, for each API server address, kube-proxy mode and Debian release,\n" +
      "and writes docs/results/matrix.md, with --cni cilium matrix-cilium.md, with --kubelet real matrix-kubelet.md.",
  )
  .addOption(new Option("--cni <name>", "Cilium in kube-proxy's place; builds it once").choices(["cilium"]))
  .addOption(
    new Option("--kubelet <kind>", "the real kubelet and containerd; builds it once")
      .choices(["real"])
      .conflicts("cni"),
  )
  .parse()
  .opts<{ cni?: "cilium"; kubelet?: "real" }>();

/** Another kind of node than that with the stand-in for kubelet and kube-proxy: its page, and the lab's options. */
const other = cni
  ? { page: "matrix-cilium", title: " with Cilium", options: ["--cni", cni] }
  : kubelet
    ? { page: "matrix-kubelet", title: " with the real kubelet", options: ["--kubelet", kubelet] }
    : undefined;

const places = [
  { name: "`*:443`, as kOps leaves it", options: ["--api-port", "443"] },
  { name: "`127.0.0.1:8443`", options: ["--api-port", "8443", "--api-address", "127.0.0.1"] },
  { name: "`*:8443`", options: ["--api-port", "8443", "--api-address", "0.0.0.0"] },
];

/** What serves Services and NodePorts. */
const proxies = cni
  ? [{ name: cni, options: [] }]
  : (kubelet ? ["nftables"] : ["nftables", "iptables"]).map((mode) => ({
      name: mode,
      options: ["--proxy-mode", mode],
    }));

const kinds = suites.flatMap((debian) => proxies.flatMap((proxy) => places.map((place) => ({ debian, proxy, place }))));

async function main(): Promise<void> {
  const lines: string[][] = [];
  const broken: string[] = [];
  for (const { debian, proxy, place } of kinds) {
    const kind = `API server on ${place.name}, Services by ${proxy.name}, Debian ${debian}`;
    const rows = await step(kind, async (note) => {
      const args = [...typescript, "lab/cli.ts", "--json", "--kubernetes"];
      const options = [...(other?.options ?? []), ...proxy.options, "--debian", debian, ...place.options];
      const { stdout, stderr } = await attempt(process.execPath, [...args, ...options], { cwd: repositoryRoot });
      if (stdout === "") throw new Error(stderr);
      const { rows } = JSON.parse(stdout) as { rows: Row[] };
      note(`${rows.filter(({ ok }) => ok).length} of ${rows.length} promises kept`);
      return rows;
    });
    const observed = (id: string): string => rows.find((row) => row.id === id)?.observed ?? "";
    const failed = rows.filter(({ ok }) => !ok).map(({ id }) => id);
    broken.push(...failed.map((id) => `${kind}: ${id}`));
    const without = failed.length > 0 ? `, without ${failed.map((id) => `\`${id}\``).join(", ")}` : "";
    const kept = `${rows.length - failed.length} of ${rows.length}${without}`;
    const endpoints = `${observed("kubernetes-endpoint")} → ${observed("reboot-kubernetes-endpoint")}`;
    lines.push([place.name, ...(cni ? [] : [proxy.name]), debian, kept, endpoints]);
  }
  const given = other ? ` ${other.options.join(" ")}` : "";
  const text = `# Kinds of node${other?.title ?? ""}

<!-- Written by \`npm run campaign -- matrix${given}\`. -->

Every promise of \`npm run lab -- --kubernetes${given}\`, asked before and after a reboot that puts a moved API server back on 443. \`memory\` is
that of the whole machine, whatever runs beside. ${machineInWords()}

${table(["API server on", ...(cni ? [] : ["kube-proxy"]), "Debian", "promises kept", "`kubernetes` endpoint, before → after the reboot"], lines)}
`;
  await writeResults(other?.page ?? "matrix", text);
  process.stdout.write(`${text}\n`);
  if (broken.length > 0) {
    process.stderr.write(`broken promises:\n${broken.join("\n")}\n`);
    process.exitCode = 1;
  }
}

runMain(main);
