/** Brings the lab up and takes it down. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import type { GroupPieces } from "../operator/kops/pieces";
import { tellCloud } from "./network/cloudEvents";
import { acquireEngine, type Engine } from "./engine/engine";
import type { Layout } from "./handMade/layout";
import { installFiles } from "./installedFiles";
import { labCluster, labDomain } from "./cloud/labAccount";
import { metadataAddress, namespaces, node } from "./network/addresses";
import { createNamespaces, removeNamespaces } from "./network/namespaces";
import { issueCertificates } from "./node/certificates";
import { nodeImage, type Suite } from "./node/image";
import { currentNode, identityOf, nextGeneration } from "./node/identity";
import {
  createDisk,
  cutPower,
  moveApi,
  type NodeNetwork,
  powerOn,
  removeDisk,
  replug,
  waitForApi,
} from "./node/machine";
import { controlPlane, type Machine, machines, worker } from "./network/machines";
import { lightControlPlane, lightWorker } from "./node/standIns";
import { createOperator, inInternet } from "./operator";
import { buildLogs, labPaths, labRoot, repositoryRoot, typescript } from "./paths";
import { choosePlugins, type PluginChoice, type Plugins } from "./plugins";
import { attempt, run } from "./process";
import { say, step } from "./progress";
import { cilium } from "./kubernetes/cilium/node";
import { ciliumPrograms } from "./kubernetes/cilium/programs";
import {
  createClusterObjects,
  giveKubectl,
  realControlPlane,
  type ServiceProxy,
  waitForServices,
} from "./kubernetes/controlPlane";
import { kubeProxy } from "./kubernetes/kubeProxy";
import { withKubelet } from "./kubernetes/kubelet/node";
import { kubeletPrograms } from "./kubernetes/kubelet/programs";
import type { PodNetwork } from "./kubernetes/podNetwork";
import { controlPlanePrograms } from "./kubernetes/programs";
import { apiServiceIp, instanceGroupFile, type MovedApiAddress, type NodeFiles } from "./node/kopsNode";
import { prepareMachine } from "./requirements";
import { hasDisks, type LabKind, layOut } from "./savedLab";

export interface LabOptions {
  /** Port of the API server: 443 as kOps sets it, or 8443 after the manual edit. */
  apiPort: 443 | 8443;
  /** Bind address of a moved API server. */
  apiAddress: MovedApiAddress;
  /** Run the real control plane with this mode of kube-proxy, or with Cilium; default: the light stand-ins. */
  kubernetes?: ServiceProxy;
  /** Run the real control plane as static pods by the real kubelet, in the place of its stand-in; not with Cilium. */
  kubelet?: "real";
  plugins: PluginChoice;
  /** Debian release of the node, default bookworm. */
  debian?: Suite;
  /** Number of nodes including the control plane, default 1. Workers always use the light stand-ins. */
  nodes?: number;
  /** Network configuration of the node: netplan (default), or systemd-networkd on an image without netplan. */
  network?: NodeNetwork;
  /**
   * A directory written by `saveLab` or `saveText`: brings the same lab up, as after a reboot. The other options must
   * match: `savedLab`.
   */
  from?: string;
}

export interface LabState extends LabKind {
  engine: Engine;
  plugins: Plugins;
  /** PID of the lab's cloud. */
  cloud: number;
  /** The layout that was made by hand, if any. */
  handMade?: Layout;
}

/** The NodePorts of the repository's example settings. */
const nodePorts = { httpsNodePort: 30443, httpNodePort: 30080 } as const;

const alive = (pid: number): boolean => existsSync(`/proc/${pid}`);
const ownerFile = join(labRoot, "owner.pid");

/** The lab that is running on this machine, or undefined. */
export function runningLab(): LabState | undefined {
  if (!existsSync(labPaths.state)) return undefined;
  const state = JSON.parse(readFileSync(labPaths.state, "utf8")) as LabState;
  return alive(state.cloud) ? state : undefined;
}

export const writeState = (state: LabState): Promise<void> =>
  writeFile(labPaths.state, JSON.stringify(state, undefined, 2));

/**
 * The running lab.
 * @throws if none is running
 */
export function requireLab(): LabState {
  const state = runningLab();
  if (!state) throw new Error("no lab is running on this machine: start one with 'npm run lab -- up'");
  return state;
}

/** Rejects a second lab, and cleans up after a killed one. */
async function claimMachine(): Promise<void> {
  const owner = existsSync(ownerFile) ? Number(readFileSync(ownerFile, "utf8")) : 0;
  if (runningLab() || (owner > 0 && alive(owner))) {
    throw new Error(
      "a lab is already running on this machine: " +
        "inspect it with 'npm run lab -- status', end it with 'npm run lab -- down'",
    );
  }
  const namespacesLeft = (await attempt("ip", ["netns", "list"])).stdout.includes(namespaces.vpc);
  if (existsSync(labRoot) || namespacesLeft) await step("Cleaning up after an interrupted lab", lab.down);
}

/** Starts the AWS endpoint and the data plane, and waits until the endpoint listens. */
async function startCloud(nodes: number): Promise<number> {
  const logFile = join(labPaths.logs, "cloud.log");
  const log = openSync(logFile, "a");
  const [program = "", ...args] = inInternet([process.execPath, ...typescript, "lab/cloud/main.ts", `${nodes}`]);
  const child = spawn(program, args, { cwd: repositoryRoot, detached: true, stdio: ["ignore", log, log] });
  child.unref();
  for (let tries = 0; tries < 1200 && child.exitCode === null; tries++) {
    if (existsSync(labPaths.cloudReady) && child.pid) return child.pid;
    await sleep(100);
  }
  throw new Error(`the AWS endpoint did not start:\n${readFileSync(logFile, "utf8").trim()}`);
}

/**
 * Brings a lab up, and takes it down on failure.
 * @throws if one is already running
 */
async function up(options: LabOptions): Promise<LabState> {
  await prepareMachine();
  await claimMachine();
  for (const directory of [buildLogs, labPaths.logs, labPaths.bin]) await mkdir(directory, { recursive: true });
  await writeFile(ownerFile, `${process.pid}`);
  try {
    return await build(options);
  } catch (error) {
    await down();
    throw error;
  }
}

/** The programs of the real control plane, and the function that renders the network of its pods. */
async function realPrograms(proxy: ServiceProxy): Promise<{ programs: string; podNetwork: () => PodNetwork }> {
  const programs = await controlPlanePrograms();
  if (proxy !== "cilium") return { programs, podNetwork: () => kubeProxy(labCluster, proxy) };
  const agent = await ciliumPrograms();
  return { programs, podNetwork: () => cilium(labCluster, agent) };
}

async function build(options: LabOptions): Promise<LabState> {
  const { apiPort, apiAddress, kubernetes, nodes = 1 } = options;
  const engine = await acquireEngine();
  const plugins = await choosePlugins(options.plugins);
  const debian = options.debian ?? "bookworm";
  const image = await nodeImage(debian);
  const { from } = options;
  if (from !== undefined) await step("Files of the saved lab", () => layOut(from, image));
  const real = kubernetes ? await realPrograms(kubernetes) : undefined;
  const kubelet = real && options.kubelet ? await kubeletPrograms(debian, real.programs) : undefined;
  const cloud = await step("VPC and AWS account", async () => {
    await createNamespaces();
    if (!existsSync(labPaths.certificates))
      await issueCertificates(
        labCluster,
        [labDomain],
        [
          apiServiceIp,
          ...[0, 1, 2, 3, 4, 5, 6]
            .map((generation) => identityOf(generation))
            .flatMap(({ primaryPrivateIp, autoPublicIp }) => [primaryPrivateIp, autoPublicIp]),
        ],
      );
    return startCloud(nodes);
  });
  await step("Node, and stacks dev and prod", async (note) => {
    const installed = real
      ? realControlPlane(real.programs, real.podNetwork(), { cluster: labCluster, ...nodePorts })
      : lightControlPlane(labCluster, node.primaryPrivateIp, nodePorts);
    await createDisk(
      image,
      kubelet ? withKubelet(installed, kubelet, labCluster) : installed,
      options.network ?? "netplan",
    );
    await replug();
    // The stacks need the node's keys, and nothing of it that runs.
    const [milliseconds] = await Promise.all([powerOn(), createOperator(engine.pulumi)]);
    note(`booted in ${(milliseconds / 1000).toFixed(1)} s`);
    await waitForApi(443);
    if (real && kubernetes) {
      if (from === undefined) await createClusterObjects();
      await giveKubectl(real.programs, labCluster);
      await waitForServices(kubernetes);
    }
    if (options.apiPort === 8443) await moveApi(options.apiAddress);
  });
  const workers = Array.from({ length: nodes - 1 }, (_, index) => worker(index + 1));
  if (workers.length > 0)
    await step(`Workers (${workers.length})`, async () => {
      for (const machine of workers) await startWorker(machine, image);
    });
  if (from !== undefined && !hasDisks(from))
    await step("Files installed by the stacks", () => installFiles(engine.pulumi));
  const kind: LabKind = { apiPort, apiAddress, ...(kubernetes ? { kubernetes } : {}), nodes, debian };
  const state: LabState = { ...kind, engine, plugins, cloud };
  await writeState(state);
  const used = Object.entries(plugins).map(([name, kind]) => `${name} ${kind}`);
  say(
    `  pulumi ${engine.version} (${engine.origin}; language host: ${engine.languageHost}); plugins: ${used.join(", ")}`,
  );
  return state;
}

/** Creates a worker's disk, connects it to the network and powers it on. */
async function startWorker(machine: Machine, image: string): Promise<void> {
  const installed = lightWorker(currentNode(machine).primaryPrivateIp, nodePorts);
  await createDisk(image, installed, "netplan", machine);
  await replug(machine);
  await powerOn(machine);
}

/** Starts the node's metadata service, until the lab goes down or the returned function is called. */
async function startMetadata(): Promise<() => Promise<void>> {
  const log = openSync(join(labPaths.logs, "imds.log"), "a");
  const network = `--net=/run/netns/${namespaces.vpc}`;
  // With hop limit 1, no pod behind a bridge gets a response.
  const rules = `add table ip metadata; add chain ip metadata out { type filter hook output priority 0; }; flush chain ip metadata out; add rule ip metadata out ip saddr ${metadataAddress} ip ttl set 1`;
  await run("nsenter", [network, "nft", rules]);
  const child = spawn("nsenter", [network, process.execPath, ...typescript, "lab/node/imds.ts"], {
    cwd: repositoryRoot,
    stdio: ["ignore", log, log],
  });
  const listening = ["ss", "-Hltn", `src ${metadataAddress}:80`];
  for (let tries = 0; tries < 1200 && child.exitCode === null; tries++) {
    if ((await attempt("nsenter", [network, ...listening])).stdout) {
      return async () => {
        child.kill();
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      };
    }
    await sleep(100);
  }
  throw new Error(`the metadata service did not start: see ${labPaths.logs}/imds.log`);
}

/** Launch settings of the next instance, from its instance group's manifest. */
export type InstanceGroup = Pick<GroupPieces, "additionalSecurityGroups" | "cloudLabels" | "fileAssets" | "hooks">;

/** Replaces an instance that is off with a new one that keeps nothing of it, as an Auto Scaling group does. */
async function exchange(
  machine: Machine,
  launched: Partial<Omit<InstanceGroup, "fileAssets" | "hooks">> = {},
): Promise<void> {
  const old = currentNode(machine).instanceId;
  nextGeneration(machine);
  await tellCloud("replace", { old, next: { ...currentNode(machine), ...launched } });
  await removeDisk(machine);
}

/**
 * Terminates a worker's instance and launches another. Does not deregister it from load balancers: callers that want
 * this do so before.
 */
async function replaceWorker(machine: Machine): Promise<void> {
  await cutPower(machine);
  await exchange(machine);
  await startWorker(machine, await nodeImage(requireLab().debian));
}

/**
 * Replaces the node as kOps' rolling update does: terminates the instance, and the Auto Scaling group launches another
 * with a new interface, new addresses, a new disk and new host keys. Light control plane on 443 only.
 * @param group the instance group's settings for nodeup and AWS
 * @returns milliseconds from power on until the API server responds
 */
async function replaceNode(group?: InstanceGroup): Promise<number> {
  await cutPower();
  const { fileAssets, hooks, ...launched } = group ?? {};
  await exchange(controlPlane, launched);
  const kops = lightControlPlane(labCluster, currentNode().primaryPrivateIp, nodePorts);
  const files: NodeFiles = group ? { [instanceGroupFile]: { text: stringify({ fileAssets, hooks }) } } : {};
  await createDisk(await nodeImage(requireLab().debian), { ...kops, files: { ...kops.files, ...files } }, "netplan");
  await replug();
  const start = Date.now();
  await powerOn();
  await waitForApi(443);
  return Date.now() - start;
}

/** Removes everything that is left of a lab; does nothing if there is none. */
async function down(): Promise<void> {
  const there = machines();
  for (const machine of there) await cutPower(machine);
  for (const namespace of [namespaces.internet, namespaces.vpc, namespaces.balancers]) {
    const pids = (await attempt("ip", ["netns", "pids", namespace])).stdout.split("\n").filter(Boolean);
    if (pids.length > 0) await attempt("kill", ["-9", ...pids]);
  }
  for (const machine of there) await removeDisk(machine);
  await removeNamespaces();
  await rm(labRoot, { recursive: true, force: true });
}

/** Takes down the lab only if this process brought it up. */
async function downIfOurs(): Promise<void> {
  if (existsSync(ownerFile) && Number(readFileSync(ownerFile, "utf8")) === process.pid) await down();
}

export const lab = { up, down, downIfOurs, replaceNode, replaceWorker, startMetadata };
