/** `npm run campaign -- reboots`: repeatedly reboots both kinds of node, with different delays of nodeup. */
import { Command } from "commander";
import { keepLab, type KeptLab } from "../keptLab";
import { lab } from "../lab";
import { node } from "../network/addresses";
import { moveApi, onNode, reboot } from "../node/machine";
import { asOperator } from "../operator";
import { say, step } from "../progress";
import { noPortConflict } from "../proof/node";
import { machineInWords, table, writeResults } from "./page";
import { probeApi, probeApp, probeNodePort } from "../proof/probes";
import { bringUp } from "./bringUp";
import { applicationsAddress } from "./faults/scenario";

/** Delays of nodeup in seconds. */
const delays = [0, 1, 3, 6, 10];
/** Seconds until each URL must respond, from the time at which the node itself could. */
const limit = 5;
/** Additional seconds for kube-proxy's own backoff. */
const patience = 15;

interface Rebooted {
  node: string;
  how: string;
  nodeupSeconds: number;
  /** Seconds after multi-user.target or the API server's start, whichever is later; negative if it responded before. */
  api: number;
  /** The same for the NodePort itself, which is kube-proxy's, requested on the node. */
  nodePort: number;
  /** The same for the application, through our path. */
  app: number;
  conflicts: string;
  /** Responses with the API's certificate on the application's address. */
  strangers: number;
  endpoint: string;
  broken: string[];
}

/** Converts systemd's monotonic microseconds to milliseconds since 1970. */
const fromMonotonic = (microseconds: number): number =>
  Date.now() - Number(process.hrtime.bigint() / 1_000_000n) + microseconds / 1000;

async function multiUserReached(): Promise<number> {
  const { stdout } = await onNode([
    "systemctl",
    "show",
    "--property=ActiveEnterTimestampMonotonic",
    "--value",
    "multi-user.target",
  ]);
  return fromMonotonic(Number(stdout));
}

/** When the API server logged that it serves on :443 after this boot. */
async function apiServes(since: number): Promise<number> {
  for (let tries = 0; tries < 600; tries++) {
    const { stdout } = await onNode([
      "journalctl",
      "--unit=kubelet",
      `--since=@${Math.floor(since / 1000)}`,
      "--no-pager",
      "--output=short-unix",
    ]);
    const line = stdout
      .split("\n")
      .find((each) => /Serving securely on .*:443\b/.test(each) && Number.parseFloat(each) * 1000 >= since);
    if (line) return Number.parseFloat(line) * 1000;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("the API server did not serve on :443 within two minutes");
}

async function endpointOf(kept: KeptLab): Promise<string> {
  const { stdout } = await asOperator(kept.state.engine.pulumi, [
    "kubectl",
    "--request-timeout=10s",
    "get",
    "endpointslices",
    "kubernetes",
    "-o",
    "jsonpath={.endpoints[*].addresses[*]}",
  ]);
  return stdout.trim();
}

async function rebootOnce(kept: KeptLab, kind: string, nodeupSeconds: number, powerCut: boolean): Promise<Rebooted> {
  const app = await probeApp(await applicationsAddress());
  const api = await probeApi();
  const start = Date.now();
  await reboot({ nodeupSeconds, powerCut });
  const nodePort = await probeNodePort();
  const later = Math.max(await multiUserReached(), await apiServes(start));
  await new Promise((resolve) => setTimeout(resolve, patience * 1000));
  const [appCount, apiCount, nodePortCount] = [await app.stop(), await api.stop(), await nodePort.stop()];
  const conflicts = await noPortConflict();
  const endpoint = await endpointOf(kept);
  const seconds = (count: { lastFailure: number }): number => (count.lastFailure - later) / 1000;
  const result = {
    api: seconds(apiCount),
    nodePort: seconds(nodePortCount.lastFailure > 0 ? nodePortCount : { lastFailure: later }),
    app: seconds(appCount),
    strangers: appCount.strangers,
  };
  const broken = [
    ...(result.api > limit ? [`the API answered ${result.api.toFixed(1)} s later`] : []),
    ...(result.app > Math.max(0, result.nodePort) + limit
      ? [`the application answered ${(result.app - Math.max(0, result.nodePort)).toFixed(1)} s after its NodePort`]
      : []),
    ...(conflicts.ok ? [] : [`the API server found its port taken: ${conflicts.observed}`]),
    ...(result.strangers > 0 ? [`${result.strangers} answers with another's certificate`] : []),
    ...(endpoint === node.primaryPrivateIp ? [] : [`the kubernetes endpoint is ${endpoint}`]),
  ];
  const how = powerCut ? "power cut" : "shutdown";
  return { node: kind, how, nodeupSeconds, conflicts: conflicts.observed, endpoint, ...result, broken };
}

async function runReboots(times: number): Promise<Rebooted[]> {
  const results: Rebooted[] = [];
  for (const moved of [false, true]) {
    const kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", kubernetes: "nftables", plugins: "auto" });
    try {
      await bringUp(kept);
      for (let count = 0; count < times; count++) {
        if (moved) await step("Moving the API server to 127.0.0.1:8443", () => moveApi("127.0.0.1"));
        const delay = delays[count % delays.length] ?? 0;
        const kind = moved ? "moved to 127.0.0.1:8443" : "untouched";
        // Each delay with a shutdown and with a power cut.
        const powerCut = Math.floor(count / delays.length) % 2 === 1;
        results.push(
          await step(`Reboot of a node that is ${kind}, nodeup ${delay} s late`, async (note) => {
            const result = await rebootOnce(kept, kind, delay, powerCut);
            note(
              `API ${result.api.toFixed(1)} s, application ${result.app.toFixed(1)} s${result.broken.map((what) => `; ${what}`).join("")}`,
            );
            return result;
          }),
        );
      }
    } finally {
      await lab.down();
    }
  }
  return results;
}

async function writePage(results: readonly Rebooted[]): Promise<void> {
  const head = [
    "node",
    "shutdown by",
    "nodeup late, s",
    "API, s",
    "NodePort itself, s",
    "application, s",
    "port taken",
    "another's certificate",
    "`kubernetes` endpoint",
  ];
  const rows = results.map((each) => [
    each.node,
    each.how,
    each.nodeupSeconds,
    each.api.toFixed(1),
    each.nodePort.toFixed(1),
    each.app.toFixed(1),
    each.conflicts,
    each.strangers,
    each.endpoint,
  ]);
  await writeResults(
    "reboots",
    `# Reboots

<!-- Written by \`npm run campaign -- reboots\`. -->

The real kube-apiserver and kube-proxy. nodeup puts a moved API server back on 443 at every boot; the manual edit is repeated before
the next one. Seconds are from \`multi-user.target\` or the API server's log line that it serves on 443, whichever is later, to the last failed
request (20 a second, from outside); a negative value is earlier than that. The NodePort is kube-proxy's alone, requested on the node; kube-proxy
connects to the API server with exponential backoff, and the application cannot respond before it has. HAProxy retries a NodePort for three
seconds, so it still answers a request that was made up to three seconds earlier. ${machineInWords()}

${table(head, rows)}
`,
  );
}

new Command("npm run campaign -- reboots")
  .description("Reboots both kinds of node with nodeup 0, 1, 3, 6 and 10 s late, and writes docs/results/reboots.md.")
  .option("--json", "print one JSON object on stdout: { reboots: […] }")
  .option("--times <n>", "reboots of each kind; the page is written with the default", "10")
  .showHelpAfterError()
  .action(async ({ json, times }: { json?: boolean; times: string }) => {
    if (!/^[1-9]\d?$/.test(times)) throw new Error(`--times: expected 1 to 99, found '${times}'`);
    const reboots = await runReboots(Number(times));
    if (times === "10") await writePage(reboots);
    if (json) process.stdout.write(`${JSON.stringify({ reboots }, undefined, 2)}\n`);
    const kept = reboots.filter(({ broken }) => broken.length === 0).length;
    say(`${kept} of ${reboots.length} reboots as promised`);
    process.exitCode = kept === reboots.length ? 0 : 1;
  })
  .parseAsync()
  .catch((error: unknown) => {
    say(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  });
