/** Interrupts the installation of every file at every stage, and checks the result. */
import { createHash } from "node:crypto";
import { ApiForwarder } from "../../../settings/choices";
import { type HostSettings, NetworkConfig } from "../../../hostfiles/hostSettings";
import { confirmCommand, hostSteps } from "../../../hostfiles/steps/hostSteps";
import type { HostStep } from "../../../hostfiles/steps/hostStep";
import { type Layout, secondary } from "../../handMade/layout";
import { makeLayout } from "../../handMade/make";
import { layoutSnapshot } from "../../handMade/snapshot";
import { keepLab } from "../../keptLab";
import { lab, type LabOptions } from "../../lab";
import { labCluster, labInstanceId } from "../../cloud/labAccount";
import { node } from "../../network/addresses";
import { keyPair } from "../../node/certificates";
import { onNode } from "../../node/machine";
import { overSsh } from "../../node/ssh";
import type { Finished } from "../../process";
import { step } from "../../progress";
import { signalKubelet } from "../../proof/node";
import { type Count, type Prober, startProber } from "../../proof/prober";
import { probeApi } from "../../proof/probes";
import { difference } from "../../proof/snapshot";
import { type Action, actionsAt, arm, disarm, installWrappers } from "./wrappers";

export interface Interruption {
  step: string;
  /** Position among the installer's calls, from 1, and the called program. */
  call: number;
  program: string;
  action: Action;
  /** Failed expectations; empty if all held. */
  broken: string[];
}

export interface InterruptionsReport {
  /** Number of points at which an installation can be interrupted. */
  points: number;
  interruptions: Interruption[];
  api: Count;
  /** What a layout made by hand is not again in the end. */
  notGivenBack: string[];
}

/** On an untouched node. */
const untouched: HostSettings = {
  formerOwner: "",
  owner: "kops-secondary-ingress/prod",
  instanceId: labInstanceId,
  clusterName: labCluster,
  healthName: "app.example.com",
  primaryPrivateIp: node.primaryPrivateIp,
  secondaryPrivateIp: "172.20.45.99",
  requestedIp: "172.20.45.99",
  adopt: false,
  httpsNodePort: 30443,
  httpNodePort: 30080,
  apiLocalPort: 8443,
  proxyProtocol: false,
  statsPassword: "interruptions",
  apiAllowedCidrs: ["192.0.2.0/24"],
  vpcCidrs: ["172.20.0.0/16"],
  podCidrs: [],
  network: NetworkConfig.Netplan,
  reinstall: "",
};

/** On a node with the layout made by hand. */
const handMade: HostSettings = {
  ...untouched,
  secondaryPrivateIp: secondary.address,
  requestedIp: secondary.address,
  adopt: true,
  apiAllowedCidrs: [],
};

const create = (each: HostStep, settings: HostSettings): Promise<Finished> =>
  overSsh(each.create(settings), each.stdin(settings));

async function mustCreate(each: HostStep, settings: HostSettings): Promise<void> {
  const { status, stdout, stderr } = await create(each, settings);
  if (status !== 0) throw new Error(`${each.name}: ${stdout}${stderr}`);
}

/** So that the node does not undo a step while another one is interrupted. */
async function confirm({ owner }: HostSettings): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    const { status, stdout, stderr } = await overSsh(confirmCommand(owner), "");
    if (status !== 0) throw new Error(`the confirmation: ${stdout}${stderr}`);
    if (stdout.trim() === "confirmed") return;
  }
  throw new Error("the node does not keep what is confirmed");
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The file that a step installs, from its command. */
const pathOf = (each: HostStep, settings: HostSettings): string | undefined =>
  / install .*?--path (\S+)/s.exec(each.create(settings))?.[1];

async function hashOnNode(path: string): Promise<string> {
  return (
    (await onNode(["sh", "-c", `sha256sum <'${path}' 2>/dev/null || echo absent`])).stdout.split(" ")[0]?.trim() ?? ""
  );
}

/** Files that a completed run must not leave. */
async function leftOver(): Promise<string[]> {
  const { stdout } = await onNode([
    "sh",
    "-c",
    "find /etc /usr/local /run -xdev \\( -name '.host-file.*' -o -path '/run/host-file.*' -o -path '/run/secondary-ingress.*' \\) -print; find /run -name '.host-file.*' -print; ! [ -s /run/secondary-ingress/lock ] || cat /run/secondary-ingress/lock",
  ]);
  return stdout.split("\n").filter((line) => line && !line.includes("the check"));
}

async function waitForInstaller(): Promise<void> {
  // A broken connection does not stop the command on the node. The undo sleeps.
  await onNode([
    "sh",
    "-c",
    "for i in $(seq 300); do pgrep -f '[/]host-file [^u]|[/]secondary-ingress[.]|[b]ash -s install' >/dev/null || exit 0; sleep 0.1; done",
  ]);
}

async function interrupt(
  each: HostStep,
  settings: HostSettings,
  { call, program, action }: Pick<Interruption, "call" | "program" | "action">,
): Promise<Interruption> {
  const path = pathOf(each, settings);
  const before = path ? await hashOnNode(path) : "";
  const after = hash(each.stdin(settings));
  const broken: string[] = [];
  await arm(call, action);
  const { status } = await create(each, settings);
  await waitForInstaller();
  await disarm();
  // A question to a server that fails is asked again, as apt is.
  const tolerated = program === "timeout" && action === "refused" && ["packages", "takeover"].includes(each.name);
  if (status === 0 && !tolerated) broken.push("the run did not fail");
  if (path) {
    const now = await hashOnNode(path);
    if (now !== before && now !== after) broken.push(`${path} is neither as before nor as after`);
    if (action === "refused" && !tolerated && now !== before)
      broken.push(`${path} is not as before, though its own tool refused it`);
  }
  const again = await create(each, settings);
  if (again.status !== 0) broken.push(`the next run does not complete: ${again.stdout}${again.stderr}`);
  else if (path && (await hashOnNode(path)) !== after) broken.push(`${path} is not as after the next run`);
  await confirm(settings);
  broken.push(...(await leftOver()).map((what) => `left over: ${what}`));
  return { step: each.name, call, program, action, broken };
}

/** Requests to the API while installations are interrupted; from outside where nobody serves 127.0.0.1:443. */
const probeTheApi = (port: number, made: Layout | undefined): Promise<Prober> =>
  made
    ? probeApi()
    : startProber(
        {
          from: "node",
          address: "127.0.0.1",
          port,
          host: `api.internal.${labCluster}`,
          authority: keyPair("cluster-authority").certificate,
        },
        20,
      );

/**
 * @param every interrupt only at every nth point; a first run of each step records the points
 * @param adopt make the layout by hand first, and take it over
 */
export async function runInterruptions(
  { every, adopt = false }: { every: number; adopt?: boolean },
  options: Pick<LabOptions, "apiPort" | "apiAddress">,
): Promise<InterruptionsReport> {
  const kept = await keepLab({ ...options, plugins: "auto" });
  try {
    const layout = adopt ? await makeLayout(kept, "as-written") : undefined;
    // It restarts an API server that moved to loopback every 80 s: nobody serves its probe on 127.0.0.1:443.
    if (layout) await signalKubelet("STOP");
    const settings = adopt ? handMade : untouched;
    await installWrappers();
    const before = layout && (await layoutSnapshot(layout));
    const steps = hostSteps({ adopt, apiForwarder: ApiForwarder.Socat, filterApi: !adopt, forceFilter: false });
    const prober = await probeTheApi(options.apiPort, layout);
    const interruptions: Interruption[] = [];
    let point = 0;
    for (const each of steps) {
      await step(each.name, async (note) => {
        // Records the step's calls in a run without faults, from the state in which it will be interrupted.
        await arm(0);
        await mustCreate(each, settings);
        const calls = await disarm();
        await confirm(settings);
        let made = 0;
        for (const [index, program] of calls.entries()) {
          for (const action of actionsAt[program]) {
            if (point++ % every !== 0) continue;
            await undo(each, settings);
            interruptions.push(await interrupt(each, settings, { call: index + 1, program, action }));
            made++;
          }
        }
        note(`${calls.length} stages, ${made} interruptions`);
      });
    }
    for (const each of [...steps].reverse()) await undo(each, settings);
    const api = await prober.stop();
    const notGivenBack = layout && before ? difference(before, await layoutSnapshot(layout)) : [];
    return { points: point, interruptions, api, notGivenBack };
  } finally {
    await lab.down();
  }
}

async function undo(each: HostStep, settings: HostSettings): Promise<void> {
  if (!each.remove) return;
  const { status, stdout, stderr } = await overSsh(each.remove(settings), each.stdin(settings));
  if (status !== 0) throw new Error(`removal of ${each.name}: ${stdout}${stderr}`);
  await confirm(settings);
}
