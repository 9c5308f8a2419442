/** One fault of one of two workers, under load. */
import type { KeptLab } from "../../keptLab";
import { worker } from "../../network/machines";
import { stackOutputs } from "../../proof/outputs";
import { waitForTarget } from "../../proof/targets";
import { bringUp } from "../bringUp";
import { probeApi, probeApp } from "../../proof/probes";
import type { Fault } from "./faults";

export interface FailedOver {
  id: string;
  /** Requests to the applications, and the failed ones. */
  sent: number;
  failed: number;
  /** Seconds from the start of the fault to the last failed request; 0 if none failed. */
  lastFailure: number;
  /** Failed requests to the API. */
  apiFailed: number;
  /** Failed expectations; empty if all held. */
  broken: string[];
}

/** Seconds of the lab's own delay, to schedule a check and to apply its result to the network. */
const ownDelay = 0.5;

/** @param number of the worker */
export async function failOver(kept: KeptLab, fault: Fault, number: number): Promise<FailedOver> {
  const machine = worker(number);
  await waitForTarget(machine, "healthy");
  const { ingressPublicIp } = await stackOutputs("prod");
  const probers = [await probeApp(ingressPublicIp), await probeApi()] as const;
  const start = Date.now();
  await fault.begin(kept, machine);
  await fault.end(machine);
  await waitForTarget(machine, "healthy");
  const [app, api] = await Promise.all(probers.map((prober) => prober.stop()));
  if (!app || !api) throw new Error("no prober");
  const lastFailure = app.lastFailure === 0 ? 0 : (app.lastFailure - start) / 1000;
  const broken = [
    ...(lastFailure > fault.allowed + (fault.allowed > 0 ? ownDelay : 0)
      ? [`a request failed after ${lastFailure.toFixed(1)} s: ${app.failures[0]}`]
      : []),
    ...(api.failed > 0 ? [`${api.failed} requests to the API failed: ${api.failures[0]}`] : []),
    ...(fault.allowed > 0 && app.failed === 0 ? ["nobody noticed the fault"] : []),
  ];
  return { id: fault.id, sent: app.sent, failed: app.failed, lastFailure, apiFailed: api.failed, broken };
}

/** Puts prod in mode load-balancer; requires a lab of three nodes. */
export async function putBehindBalancer(kept: KeptLab): Promise<void> {
  const set = await kept.pulumi("config", "set", "--stack", "prod", "kops-secondary-ingress:mode", "load-balancer");
  if (set.status !== 0) throw new Error(`${set.stdout}${set.stderr}`);
  await bringUp(kept);
}
