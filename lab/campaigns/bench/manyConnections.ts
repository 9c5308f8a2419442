/** Many idle connections and streams: their cost, and whether they survive a reload and a configuration change. */
import { setTimeout as sleep } from "node:timers/promises";
import { haproxyUnit } from "../../../hostfiles/node/paths";
import type { KeptLab } from "../../keptLab";
import { set } from "../interleavings/events";
import { hold, type Holder } from "./held";
import type { Held } from "./holder";
import { forwardBy } from "./measure";
import type { Note } from "../../progress";
import { memory, type Path, type PathId, streamPage, urlOf } from "./paths";
import { up } from "./program";

export interface HeldFigures {
  /** `processes`: HAProxy processes that share the connections, with a reload between them. */
  idle: { asked: number; seconds: number; processes: number } & Held;
  /** MiB of the proxy's memory for 1000 additional idle connections, by path. */
  memoryOfThousand: Partial<Record<PathId, number>>;
  memoryOfIdle: number;
  /** `workers`: PIDs of HAProxy's worker before, after the reload and after the change. */
  streams: { asked: number; afterReload: Held; afterChange: Held; workers: number[] };
}

/** The worker that accepts new connections: HAProxy's youngest. */
async function worker(kept: KeptLab): Promise<number> {
  const children = await kept.node(
    `main=$(systemctl show -P MainPID ${haproxyUnit}); cat /proc/$main/task/$main/children`,
  );
  return Math.max(...children.trim().split(" ").map(Number));
}

/** Existing processes keep their connections; new processes accept the new ones. */
async function reload(kept: KeptLab): Promise<void> {
  await kept.node(`systemctl reload ${haproxyUnit}`);
  await sleep(1000);
}

export async function measureHeld(
  kept: KeptLab,
  paths: readonly Path[],
  counts: { idle: number; idleSeconds: number; idlePerProcess: number; streams: number },
  note: Note,
): Promise<HeldFigures> {
  const ours = paths.find(({ id }) => id === "secondary");
  if (!ours) throw new Error("no path of ours");
  const memoryOfThousand: HeldFigures["memoryOfThousand"] = {};
  for (const path of paths.filter(({ id, unit }) => unit !== undefined && id !== "apiWithoutDnat")) {
    await forwardBy(kept, path.forwarder);
    const before = await memory(kept, path.unit ?? "");
    const holder = await hold(urlOf(path), 1000);
    memoryOfThousand[path.id] = (await memory(kept, path.unit ?? "")) - before;
    holder.stop();
    await sleep(1000);
  }

  const processes = Math.ceil(counts.idle / counts.idlePerProcess);
  note(`${counts.idle} idle connections`);
  const before = await memory(kept, ours.unit ?? "");
  const holders: Holder[] = [];
  for (let process = 0; process < processes; process++) {
    if (process > 0) await reload(kept);
    const share = Math.floor((counts.idle + process) / processes);
    holders.push(await hold(urlOf(ours), share));
  }
  await sleep(counts.idleSeconds * 1000);
  const memoryOfIdle = (await memory(kept, ours.unit ?? "")) - before;
  const answers = await Promise.all(holders.map((holder) => holder.ask()));
  const total = (what: keyof Held): number => answers.reduce((sum, answer) => sum + answer[what], 0);
  const idle = {
    asked: counts.idle,
    seconds: counts.idleSeconds,
    processes,
    open: total("open"),
    alive: total("alive"),
  };
  for (const holder of holders) holder.stop();

  note(`${counts.streams} streams, a reload and a change of the configuration`);
  const streams = await hold(urlOf(ours, streamPage), counts.streams);
  const workers = [await worker(kept)];
  await reload(kept);
  workers.push(await worker(kept));
  const afterReload = await streams.ask();
  await set(["httpNodePort"], 30081);
  await up(kept, "prod");
  workers.push(await worker(kept));
  const afterChange = await streams.ask();
  await set(["httpNodePort"], undefined);
  await up(kept, "prod");
  streams.stop();
  return {
    idle,
    memoryOfThousand,
    memoryOfIdle,
    streams: { asked: counts.streams, afterReload, afterChange, workers },
  };
}
