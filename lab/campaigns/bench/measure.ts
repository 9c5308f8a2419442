/** Runs the loads of each path, interleaved with those of the paths that it is compared with. */
import { setTimeout as sleep } from "node:timers/promises";
import type { KeptLab } from "../../keptLab";
import type { Note } from "../../progress";
import { set } from "../interleavings/events";
import { connect, type Connecting, keep, type Keeping, type Loaded, warmUp } from "./load";
import { bareUrlOf, bigPage, type Path, type PathId, processorTime, urlOf } from "./paths";
import { up } from "./program";
import { shuffled } from "./statistics";

/** One run of one path. */
export interface PathRun {
  connecting: Loaded<Connecting>;
  /** Without TLS, a client opens many more connections. */
  bare: Loaded<Connecting>;
  keeping: Loaded<Keeping>;
  /** Requests for 1 MiB pages; only for paths to applications. */
  loading?: Loaded<Keeping>;
  /** Milliseconds of the proxy's CPU time per 1000 connections. */
  processor?: number;
}

export type PathRuns = Record<PathId, PathRun[]>;

/** Durations of the loads in seconds. */
export interface Durations {
  connecting: number;
  bare: number;
  keeping: number;
  /** Only for paths to applications. */
  loading: number;
}

/**
 * The load of the API without TLS is long enough to show a full queue: a rejected client retries after a second or
 * more.
 */
export const durations: Record<Path["to"], Durations> = {
  application: { connecting: 2, bare: 2, keeping: 3, loading: 2 },
  API: { connecting: 2, bare: 5, keeping: 1, loading: 0 },
};

/** TLS connections that one client opens in about a second. */
export const connectionsPerSecond = 1500;
/** Concurrent connections without TLS: enough that in every run more than 1 % wait for plain socat's queue. */
export const bareClients = 256;
/** Seconds until a forwarder change has settled. */
const settling = 3;

async function measurePath(kept: KeptLab, path: Path, seconds: Durations): Promise<PathRun> {
  await warmUp(urlOf(path), connectionsPerSecond / 5, false);
  const before = path.unit === undefined ? 0 : await processorTime(kept, path.unit);
  const connecting = await connect(urlOf(path), { count: connectionsPerSecond * seconds.connecting });
  const spent = path.unit === undefined ? 0 : (await processorTime(kept, path.unit)) - before;
  await warmUp(bareUrlOf(path), connectionsPerSecond, false);
  const bare = await connect(bareUrlOf(path), { clients: bareClients, seconds: seconds.bare });
  await warmUp(urlOf(path), connectionsPerSecond, true);
  const keeping = await keep(urlOf(path), seconds.keeping);
  const run: PathRun = { connecting, bare, keeping };
  if (path.unit !== undefined) run.processor = (spent / connecting.connections) * 1000;
  if (path.to === "API") return run;

  await warmUp(urlOf(path, bigPage.path), 100, true);
  run.loading = await keep(urlOf(path, bigPage.path), seconds.loading);
  const refused = connecting.refused + bare.refused + keeping.refused + run.loading.refused;
  if (refused > 0) throw new Error(`${path.title}: expected the application's pages, found ${refused} other answers`);
  return run;
}

/** Changes the stack's forwarder if a path needs the other one. */
export async function forwardBy(
  kept: KeptLab,
  forwarder: Path["forwarder"],
  now?: Path["forwarder"],
): Promise<Path["forwarder"]> {
  if (forwarder === undefined || forwarder === now) return now;
  await set(["apiForwarder"], forwarder);
  await up(kept, "prod");
  await sleep(settling * 1000);
  return forwarder;
}

/** In random order, grouped by forwarder to minimize its changes. */
export function inTurn(paths: readonly Path[], random?: () => number): Path[] {
  const groups = new Map<Path["forwarder"], Path[]>();
  for (const path of shuffled(paths, random)) groups.set(path.forwarder, [...(groups.get(path.forwarder) ?? []), path]);
  return [...groups.values()].flat();
}

export async function measurePaths(
  kept: KeptLab,
  paths: readonly Path[],
  runs: number,
  seconds: Record<Path["to"], Durations>,
  note: Note,
): Promise<PathRuns> {
  const results = Object.fromEntries(paths.map(({ id }) => [id, [] as PathRun[]])) as PathRuns;
  let forwarder: Path["forwarder"];
  for (let number = 1; number <= runs; number++)
    for (const path of inTurn(paths)) {
      forwarder = await forwardBy(kept, path.forwarder, forwarder);
      const result = await measurePath(kept, path, seconds[path.to]);
      results[path.id].push(result);
      note(
        `${number}: ${path.title}: ${result.connecting.perSecond.toFixed(0)} connections/s, ${result.keeping.requestsPerSecond.toFixed(0)} requests/s`,
      );
    }
  return results;
}
