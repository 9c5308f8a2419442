/** The measurements, each in turn with the others it is compared with. */
import { setTimeout as sleep } from "node:timers/promises";
import type { KeptLab } from "../../keptLab";
import { sshLogins } from "../../proof/proof";
import { set } from "../interleavings/events";
import { hold, type Holder } from "./held";
import type { Held } from "./holder";
import { connect, type Connecting, keep, type Keeping } from "./load";
import { bigPage, memory, type Path, type PathId, processorTime, streamPage, urlOf } from "./paths";
import { emptyProgram, preview, up } from "./program";

type Note = (text: string) => void;

/** One run of one path. */
export interface PathRun {
  connecting: Connecting;
  /** The same without TLS, which every server of HTTPS answers with a complaint; for paths to the API. */
  bare?: Connecting;
  keeping: Keeping;
  /** Of 1 MiB pages; for paths to applications. */
  loading?: Keeping;
  /** Milliseconds of processor time of the service in between, for 1000 connections. */
  processor?: number;
}

export type PathRuns = Record<PathId, PathRun[]>;

/** About what one client can make. */
export const connectionsPerSecond = 1500;

async function measurePath(kept: KeptLab, path: Path, seconds: number): Promise<PathRun> {
  const before = path.unit === undefined ? 0 : await processorTime(kept, path.unit);
  const connecting = await connect(urlOf(path), connectionsPerSecond * seconds);
  const spent = path.unit === undefined ? 0 : (await processorTime(kept, path.unit)) - before;
  return {
    connecting,
    keeping: await keep(urlOf(path), seconds),
    ...(path.to === "application"
      ? { loading: await keep(urlOf(path, bigPage.path), seconds) }
      : { bare: await connect(urlOf(path).replace("https:", "http:"), connectionsPerSecond * seconds) }),
    ...(path.unit === undefined ? {} : { processor: (spent / connecting.connections) * 1000 }),
  };
}

/** Has the stack's own forwarder changed, where a path needs the other one. */
async function forwardBy(kept: KeptLab, forwarder: Path["forwarder"], now: Path["forwarder"]): Promise<void> {
  if (forwarder === undefined || forwarder === now) return;
  await set(["apiForwarder"], forwarder);
  await up(kept, "prod");
}

export async function measurePaths(
  kept: KeptLab,
  paths: readonly Path[],
  runs: number,
  seconds: number,
  note: Note,
): Promise<PathRuns> {
  const results = Object.fromEntries(paths.map(({ id }) => [id, [] as PathRun[]])) as PathRuns;
  let forwarder: Path["forwarder"];
  for (let number = 1; number <= runs; number++)
    for (const path of paths) {
      await forwardBy(kept, path.forwarder, forwarder);
      forwarder = path.forwarder ?? forwarder;
      const result = await measurePath(kept, path, seconds);
      results[path.id].push(result);
      note(
        `${number}: ${path.title}: ${result.connecting.perSecond.toFixed(0)} connections/s, ${result.keeping.requestsPerSecond.toFixed(0)} requests/s`,
      );
    }
  return results;
}

export interface HeldFigures {
  /** `processes`: HAProxy's, among which the connections are spread by a reload between them. */
  idle: { asked: number; seconds: number; processes: number } & Held;
  /** MiB of the service in between, with 1000 idle connections more than before, by path. */
  memoryOfThousand: Partial<Record<PathId, number>>;
  memoryOfIdle: number;
  streams: { asked: number; afterReload: Held; afterChange: Held };
}

/** The processes that have connections keep them; new connections are the new processes'. */
async function reload(kept: KeptLab): Promise<void> {
  await kept.node("systemctl reload haproxy.service");
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
    await forwardBy(kept, path.forwarder, undefined);
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
  await reload(kept);
  const afterReload = await streams.ask();
  await set(["httpNodePort"], 30081);
  await up(kept, "prod");
  const afterChange = await streams.ask();
  await set(["httpNodePort"], undefined);
  await up(kept, "prod");
  streams.stop();
  return { idle, memoryOfThousand, memoryOfIdle, streams: { asked: counts.streams, afterReload, afterChange } };
}

export interface ProgramFigures {
  /** Seconds, run by run. */
  previews: { empty: number[]; dev: number[]; prod: number[] };
  unchanged: { dev: number[]; prod: number[] };
  /** Seconds of the first `up`s, and from nothing to both URLs. */
  first: { dev: number; prod: number; bothUrls: number };
  /** SSH logins of the first `up` of prod, and of all that change nothing. */
  logins: { first: number; unchanged: number };
}

export async function measureProgram(kept: KeptLab, runs: number, note: Note): Promise<ProgramFigures> {
  const start = Date.now();
  const none = await sshLogins();
  const dev = await up(kept, "dev");
  const prod = await up(kept, "prod");
  const failing = await kept.failingRows();
  if (failing.length > 0) throw new Error(`expected prod to serve, found ${failing.join(", ")}`);
  const bothUrls = (Date.now() - start) / 1000;
  const first = await sshLogins();
  note(`first up: dev ${dev.toFixed(1)} s, prod ${prod.toFixed(1)} s`);

  const empty = await emptyProgram(kept);
  const figures: ProgramFigures = {
    previews: { empty: [], dev: [], prod: [] },
    unchanged: { dev: [], prod: [] },
    first: { dev, prod, bothUrls },
    logins: { first: first - none, unchanged: 0 },
  };
  for (let number = 1; number <= runs; number++) {
    figures.previews.empty.push(await preview(kept, "dev", empty));
    for (const stack of ["dev", "prod"] as const) figures.previews[stack].push(await preview(kept, stack));
    for (const stack of ["dev", "prod"] as const) figures.unchanged[stack].push(await up(kept, stack));
    note(`${number}: previews and ups that change nothing`);
  }
  figures.logins.unchanged = (await sshLogins()) - first;
  return figures;
}
