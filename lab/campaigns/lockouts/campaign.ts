/** Locks the operator out of the API in every way, and waits until the node undoes it by itself. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { armedChanges } from "../../../hostfiles/node/paths";
import type { KeptLab } from "../../keptLab";
import { nodeHostKey, onNode } from "../../node/machine";
import { inInternet, operatorEnvironment } from "../../operator";
import { labPaths } from "../../paths";
import { step } from "../../progress";
import { probe } from "../../proof/probe";
import { probeApi, publicApi } from "../../proof/probes";
import { bringUp } from "../bringUp";
import type { Cause } from "./cause";
import { causes } from "./causes";
import { type Interruption, interruptions, refused } from "./interruptions";

export interface Lockout {
  cause: string;
  interruption: string;
  /** Requests of the prober, twenty a second. */
  sent: number;
  failed: number;
  /** Milliseconds until the API answered again, counted from its first failed request. */
  outage: number;
  /** Failed expectations; empty if all held. */
  broken: string[];
}

/** Milliseconds. */
const limit = 45_000;
/** Seconds within which a change acts, and within which it is undone. */
const patience = 120;

export const ways = causes.flatMap((cause) =>
  (cause.acts === undefined ? [refused] : (cause.interruptions ?? interruptions)).map((interruption) => ({
    cause,
    interruption,
  })),
);
export const nameOf = ({ cause, interruption }: (typeof ways)[number]): string => `${cause.name}: ${interruption.name}`;

/** The engine in a process group of its own, so that it can be killed with its plugins. */
function startEngine(kept: KeptLab, command: Cause["command"]): { child: ChildProcess; output: () => string } {
  const { pulumi } = kept.state.engine;
  const options = ["--yes", "--skip-preview", "--non-interactive", "--color=never", "--stack", "prod"];
  const [program = "", ...args] = inInternet(["pulumi", command, ...options]);
  const child = spawn(program, args, {
    ...{ cwd: labPaths.project, env: operatorEnvironment(pulumi), detached: true },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  return { child, output: () => output };
}

const holds = async (condition: string): Promise<boolean> => (await onNode(["bash", "-c", condition])).status === 0;

/** @returns whether it came to hold before the engine ended */
async function waitFor(condition: string, engine?: ChildProcess): Promise<boolean> {
  for (let tries = 0; tries < patience * 10; tries++) {
    if (await holds(condition)) return true;
    if (engine && (engine.exitCode !== null || engine.signalCode !== null)) return false;
    await sleep(100);
  }
  return false;
}

/** @returns why the API does not answer, or undefined where it does */
async function whySilent(): Promise<string | undefined> {
  const [answer] = await probe([publicApi]);
  if (!answer || answer.status === 0) return answer?.error ?? "no answer";
  return answer.trusted ? undefined : `certificate for ${answer.certificateNames.join(", ")}`;
}

async function lockOut(kept: KeptLab, cause: Cause, interruption: Interruption): Promise<Lockout> {
  const broken: string[] = [];
  const prober = await probeApi();
  const { child, output } = startEngine(kept, cause.command);
  const ended = once(child, "close");
  if (cause.acts === undefined) await ended;
  else if (!(await waitFor(cause.acts, child))) broken.push(`the change never acted: ${output()}`);
  else await interruption.happen?.(kept, child);
  // One that goes on after a reboot acts again before it confirms. One whose connection hangs waits for minutes.
  await Promise.race([ended, sleep(limit)]);
  // Confirmed it would be there no more either, but the API would stay away.
  if (!(await waitFor(`[ -z "$(ls ${armedChanges} 2>/dev/null)" ]`))) broken.push("the change is still armed");
  let why = await whySilent();
  for (let tries = 0; tries < 40 && why !== undefined; tries++) {
    await sleep(500);
    why = await whySilent();
  }
  if (why !== undefined) broken.push(`locked out: ${why}`);
  await sleep(1000);
  const { sent, failed, longestOutage: outage } = await prober.stop();
  if (cause.acts === undefined && failed > 0) broken.push(`${failed} requests failed`);
  if (outage > limit) broken.push(`the API was away for ${outage} ms, ${limit} at most`);
  await interruption.restore?.(kept);
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
    process.kill(-child.pid, "SIGKILL");
  await ended;
  if (child.exitCode === 0) broken.push("the run succeeded");
  return { cause: cause.name, interruption: interruption.name, sent, failed, outage, broken };
}

/** @param chosen selects ways by name */
export async function runLockouts(
  kept: KeptLab,
  chosen: (name: string) => boolean,
  keep: (lockout: Lockout) => Promise<void> = () => Promise.resolve(),
): Promise<Lockout[]> {
  const lockouts: Lockout[] = [];
  for (const cause of causes) {
    const own = ways.filter((way) => way.cause === cause && chosen(nameOf(way)));
    if (own.length === 0) continue;
    const hostKey = await nodeHostKey();
    await kept.withConfig(
      "prod",
      (set) => cause.settings?.(set, hostKey),
      async () => {
        await bringUp(kept);
        for (const way of own) {
          const lockout = await step(nameOf(way), async (note) => {
            await cause.prepare?.(kept);
            const found = await kept.withConfig("prod", cause.change ?? (() => undefined), () =>
              lockOut(kept, cause, way.interruption),
            );
            // A killed engine leaves the stack locked.
            await kept.pulumi("cancel", "--yes", "--stack", "prod");
            await cause.mend?.(kept);
            // The next run with the former settings finds its way.
            await bringUp(kept).catch((error: unknown) => found.broken.push((error as Error).message));
            if ((await kept.failingRows()).length > 0) found.broken.push("the next run did not restore everything");
            note(
              `the API was away for ${(found.outage / 1000).toFixed(1)} s; ${found.broken.join("; ") || "let in again"}`,
            );
            return found;
          });
          lockouts.push(lockout);
          await keep(lockout);
        }
        await cause.restore?.(kept);
      },
    );
    if (!cause.leavesLayout) await bringUp(kept);
  }
  return lockouts;
}
