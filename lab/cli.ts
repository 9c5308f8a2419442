/** `npm run lab`: the command line of the lab. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { makeLayout } from "./handMade/make";
import { type Layout, type VariantName, variantNames } from "./handMade/layout";
import { proveHandMade } from "./handMade/proof";
import { variants } from "./handMade/variants";
import { keptLab } from "./keptLab";
import { lab, type LabOptions, type LabState, requireLab, runningLab } from "./lab";
import type { ProxyMode } from "./kubernetes/kubeProxy";
import { node } from "./network/addresses";
import type { MovedApiAddress } from "./node/kopsNode";
import { type Suite, suites } from "./node/image";
import { currentNode } from "./node/identity";
import { machines, mostWorkers } from "./network/machines";
import { leaderPid, type NodeNetwork, nodeNetworks, onNodeCommand } from "./node/machine";
import { inInternet, operatorEnvironment } from "./operator";
import { labPaths } from "./paths";
import type { PluginChoice } from "./plugins";
import { say } from "./progress";
import { writeReleaseFixture } from "./releaseFixture";
import { savedLab, saveLab } from "./savedLab";
import { watchMemory } from "./proof/memory";
import { prove } from "./proof/proof";
import { renderTable } from "./proof/table";

interface Flags {
  apiPort: "443" | "8443";
  apiAddress: MovedApiAddress;
  kubernetes?: true;
  proxyMode: ProxyMode;
  cni?: "cilium";
  kubelet: "stand-in" | "real";
  plugins: PluginChoice;
  debian: Suite;
  network: NodeNetwork;
  nodes: number;
  json?: boolean;
  handMade?: VariantName;
}

const program = new Command("npm run lab --")
  .description(
    "A VPC in a box: starts a node with systemd, an AWS endpoint and the Pulumi engine on this machine, runs `pulumi up` of\n" +
      "dev and prod in it, checks what they promise, prints a table, and removes everything. Linux, root, no cloud account.",
  )
  .enablePositionalOptions()
  .showHelpAfterError();

function nodesIn(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= mostWorkers + 1) return number;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${mostWorkers + 1}`);
}

/** Options that select the kind of lab. */
const labOptions = [
  new Option("--api-port <port>", "port of the node's API server: 443 as kOps sets it, 8443 after the manual edit")
    .choices(["443", "8443"])
    .default("443"),
  new Option("--api-address <address>", "bind address of an API server on 8443")
    .choices(["127.0.0.1", "0.0.0.0"])
    .default("127.0.0.1"),
  new Option("--kubernetes", "run the real etcd, kube-apiserver and kube-proxy on the node"),
  new Option("--proxy-mode <mode>", "kube-proxy's mode, with --kubernetes")
    .choices(["nftables", "iptables"])
    .default("nftables"),
  new Option("--cni <name>", "CNI of the pods, with --kubernetes: Cilium, which takes kube-proxy's place")
    .choices(["cilium"])
    .conflicts("proxyMode"),
  new Option("--kubelet <kind>", "kubelet, with --kubernetes: real runs the control plane as static pods by containerd")
    .choices(["stand-in", "real"])
    .default("stand-in")
    .conflicts("cni"),
  new Option(
    "--nodes <number>",
    `number of nodes, control plane included, up to ${mostWorkers + 1}; workers run the ingress`,
  )
    .argParser(nodesIn)
    .default(1),
  new Option("--debian <release>", "the node's Debian: 12 (bookworm) or 13 (trixie)")
    .choices(suites)
    .default("bookworm"),
  new Option("--network <kind>", "network configuration of the node; networkd is an image without netplan")
    .choices(nodeNetworks)
    .default("netplan"),
  new Option(
    "--hand-made [variant]",
    "make the layout that this program replaces by hand, as written or as it is found on nodes",
  )
    .choices(variantNames)
    .preset("as-written")
    .conflicts(["apiPort", "apiAddress", "network", "from"]),
  new Option("--plugins <choice>", "resource plugins to use: auto prefers the official command and random if installed")
    .choices(["auto", "official", "drop-in"])
    .default("auto"),
];
const withLabOptions = (command: Command): Command =>
  labOptions.reduce((changed, option) => changed.addOption(option), command);
function options({
  apiPort,
  apiAddress,
  kubernetes,
  proxyMode,
  cni,
  kubelet,
  plugins,
  debian,
  network,
  nodes,
}: Flags): LabOptions {
  if (cni && !kubernetes)
    throw new Error(`expected --kubernetes with --cni ${cni}, which connects real pods, found none: add --kubernetes`);
  if (kubelet === "real" && !kubernetes)
    throw new Error("expected --kubernetes with --kubelet real, which runs it, found none: add --kubernetes");
  return {
    apiPort: apiPort === "443" ? 443 : 8443,
    apiAddress,
    ...(kubernetes ? { kubernetes: cni ?? proxyMode } : {}),
    ...(kubelet === "real" ? { kubelet } : {}),
    plugins,
    debian,
    network,
    nodes,
  };
}

withLabOptions(program)
  .option("--json", "print one JSON object on stdout: { engine, plugins, apiPort, rows }")
  .action(async (flags: Flags) => {
    const memory = watchMemory();
    const rows = await withLab(options(flags), async (state) => {
      const rows = await (flags.handMade ? proveHandMade(keptLab(state), flags.handMade) : prove(state));
      if (state.kubernetes) rows.push(await memory());
      if (flags.json) {
        const { engine, plugins, apiPort } = state;
        process.stdout.write(`${JSON.stringify({ engine, plugins, apiPort, rows }, undefined, 2)}\n`);
      } else {
        const coloured = Boolean(process.stdout.isTTY) && !process.env["NO_COLOR"];
        process.stdout.write(`${renderTable(rows, process.stdout.columns || 100, coloured)}\n`);
      }
      return rows;
    });
    const kept = rows.filter(({ ok }) => ok).length;
    say(`${kept} of ${rows.length} promises kept`);
    process.exitCode = kept === rows.length ? 0 : 1;
  });

/** On Ctrl-C, takes down the lab that this process brought up. */
function tidyUpWhenInterrupted(): void {
  const interrupted = (): void => {
    say("\nInterrupted: taking the lab down …");
    void lab.downIfOurs().finally(() => process.exit(130));
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
}

/** Brings a lab up, runs `use`, and takes the lab down. */
async function withLab<T>(options: LabOptions, use: (state: LabState) => Promise<T>): Promise<T> {
  tidyUpWhenInterrupted();
  const state = await lab.up(options);
  try {
    return await use(state);
  } finally {
    await lab.down();
  }
}

withLabOptions(program.command("up"))
  .description("bring the same lab up and keep it, with empty stacks dev and prod")
  .option("--from <directory>", "bring up a saved lab, as after a reboot; of the other options only --plugins applies")
  .action(async (flags: Flags & { from?: string }) => {
    tidyUpWhenInterrupted();
    const { from, handMade } = flags;
    const state = await lab.up(from === undefined ? options(flags) : savedLab(resolve(from), flags.plugins));
    if (handMade) {
      try {
        describeLayout(await makeLayout(keptLab(state), handMade));
      } catch (error) {
        await lab.down();
        throw error;
      }
    }
    say(
      [
        "The lab is up. Next:",
        "  npm run lab -- exec internet -- pulumi up --stack prod     run the program as the operator",
        "  npm run lab -- exec node -- systemctl status              run a command on the node as root",
        "  npm run lab -- down                                       take it down",
      ].join("\n"),
    );
  });

/** What a person needs of a hand-made layout. */
function describeLayout({ variant, secondaryPrivateIp, elasticIp }: Layout): void {
  const tied = elasticIp ? `, Elastic IP ${elasticIp.publicIp} (${elasticIp.allocationId})` : ", no Elastic IP";
  say(`The layout made by hand: ${variants[variant].what}. Secondary address ${secondaryPrivateIp}${tied}.`);
}

program
  .command("save")
  .description("save the running lab, its machines, AWS account and stacks; the machines are rebooted")
  .argument("<directory>", "directory for 'up --from'; an earlier saved lab there is replaced")
  .action((directory: string) => saveLab(requireLab(), resolve(directory)));

program
  .command("fixture")
  .description("write this release's stacks to tests/fixtures/upgrade, for the upgrade tests of later releases")
  .action(async () => {
    tidyUpWhenInterrupted();
    await writeReleaseFixture().finally(() => lab.down());
  });

program
  .command("down")
  .description("take the lab down, also one that was killed")
  .action(async () => {
    await lab.down();
    say("No lab is left on this machine.");
  });

program
  .command("status")
  .description("show whether a lab is up and its configuration; exit status 3 if none is")
  .option("--json", "print one JSON object on stdout")
  .action(async ({ json }: { json?: boolean }) => {
    const state = runningLab();
    const nodeRunning = (await leaderPid()) !== undefined;
    const workers = await Promise.all(
      machines()
        .filter(({ number }) => number > 0)
        .map(async (machine) => ({
          name: machine.name,
          address: currentNode(machine).primaryPrivateIp,
          running: (await leaderPid(machine)) !== undefined,
        })),
    );
    if (!state) process.exitCode = 3;
    if (json) {
      process.stdout.write(
        `${JSON.stringify({ up: state !== undefined, nodeRunning, workers, ...state }, undefined, 2)}\n`,
      );
    } else if (!state) {
      process.stdout.write("no lab is up\n");
    } else {
      const used = Object.entries(state.plugins).map(([name, kind]) => `${name} ${kind}`);
      process.stdout.write(
        [
          `lab up: API server on ${state.apiPort}, node ${nodeRunning ? "running" : "DOWN"}`,
          `node: ${node.primaryPrivateIp}, public ${node.autoPublicIp}`,
          ...workers.map(({ name, address, running }) => `${name}: ${address}${running ? "" : ", DOWN"}`),
          `engine: pulumi ${state.engine.version}, ${state.engine.origin}; plugins: ${used.join(", ")}`,
          `project: ${labPaths.project}`,
          `logs: ${labPaths.logs}`,
          "",
        ].join("\n"),
      );
    }
  });

program
  .command("exec")
  .description("run a command as the operator (internet, with pulumi's environment) or on a machine (as root)")
  .argument("<place>", "internet, node or, with several nodes, worker-1 and up")
  .argument("<command...>", "the command and its arguments, after --")
  .passThroughOptions()
  .action(async (place: string, given: string[]) => {
    const state = requireLab();
    // Passed-through options still include the separating "--".
    const command = given[0] === "--" ? given.slice(1) : given;
    if (place === "internet") {
      return hand(inInternet(command), operatorEnvironment(state.engine.pulumi), labPaths.project);
    }
    const there = machines();
    const machine = there.find(({ name }) => name === place);
    if (machine) return hand(await onNodeCommand(command, machine), process.env, "/");
    const places = ["internet", ...there.map(({ name }) => name)];
    throw new Error(`unknown place '${place}': expected ${places.join(", ")}`);
  });

/** Runs a command on the terminal and exits with its status. */
function hand([program = "", ...args]: string[], env: NodeJS.ProcessEnv, cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, stdio: "inherit" });
    child.on("error", reject);
    child.on("exit", (status, signal) => {
      process.exitCode = signal ? 1 : (status ?? 1);
      resolve();
    });
  });
}

program.parseAsync().catch((error: unknown) => {
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
