/** Summarizes the measurements: the object of `--json`. */
import { cpus, totalmem } from "node:os";
import type { HeldFigures } from "./manyConnections";
import type { PathRun, PathRuns } from "./measure";
import { type Path, type PathId, pathsTo } from "./paths";
import type { ProgramFigures } from "./program";
import { type Comparison, compare, type Figure, figure } from "./statistics";
import type { Tuning } from "./tuning";

export interface Machine {
  processors: number;
  model: string;
  memoryBytes: number;
}

export const thisMachine = (): Machine => ({
  processors: cpus().length,
  model: cpus()[0]?.model.trim() || process.arch,
  memoryBytes: totalmem(),
});

export interface PathFigures extends Pick<Path, "id" | "title" | "to"> {
  connectionsPerSecond: Figure;
  /** Milliseconds of a new TLS connection with one request. */
  p50: Figure;
  p99: Figure;
  /** Connections without TLS, and milliseconds of one. */
  barePerSecond: Figure;
  bareP99: Figure;
  requestsPerSecond: Figure;
  /** Milliseconds of a request on a keep-alive connection. */
  requestP99: Figure;
  megabytesPerSecond?: Figure;
  /** Milliseconds of the proxy's CPU time per 1000 connections. */
  processor?: Figure;
  /** MiB of the proxy's memory per 1000 idle connections. */
  memory?: number;
  /** Connections and requests of all loads. */
  failed: number;
  /** CPU use during a load: of the client as a share of one processor, of the machine as a share of all. */
  client: { connecting: Figure; bare: Figure; keeping: Figure };
  busy: { connecting: Figure; bare: Figure; keeping: Figure };
}

/** Ours on secondary:443 against the NodePort. */
export type RatioName = "newConnections" | "p99" | "keepAlive" | "throughput";

/** Other comparisons, named after both sides. */
export type ComparisonName =
  | "bareConnectionsToNodePort"
  | `${RatioName | "bareConnections"}ToHandMade`
  | `api${"Bare" | "BareP99" | "NewConnections"}${"SocketProxyd" | "Socat"}ToHandMade`
  | "apiDnatHop"
  | `preview${"Dev" | "Prod"}To${"Empty" | "EmptyUnchecked"}`
  | `unchanged${"Dev" | "Prod"}ToEmpty`;

export interface Bench {
  machine: Machine;
  versions: Record<string, string>;
  /** Number of runs of the paths. */
  runs: number;
  paths: PathFigures[];
  /** Medians of the per-run ratios. */
  ratios: Record<RatioName, number>;
  spreads: Record<RatioName, Comparison>;
  comparisons: Record<ComparisonName, Comparison>;
  tuning: Tuning;
  held: HeldFigures;
  program: ProgramFigures;
}

/** The raw measurements. */
export interface Measurements extends Pick<Bench, "machine" | "versions" | "tuning" | "held" | "program"> {
  paths: PathRuns;
}

const of = (runs: readonly PathRun[], value: (run: PathRun) => number): number[] => runs.map(value);
const connections = (run: PathRun): number => run.connecting.perSecond;
const p99 = (run: PathRun): number => run.connecting.p99;
const bare = (run: PathRun): number => run.bare.perSecond;
const bareP99 = (run: PathRun): number => run.bare.p99;
const requests = (run: PathRun): number => run.keeping.requestsPerSecond;
const bytes = (run: PathRun): number => run.loading?.bytesPerSecond ?? NaN;

type Between = (a: PathId, b: PathId, value: (run: PathRun) => number) => Comparison;

const spreadsOf = (between: Between): Bench["spreads"] => ({
  newConnections: between("secondary", "nodePort", connections),
  p99: between("secondary", "nodePort", p99),
  keepAlive: between("secondary", "nodePort", requests),
  throughput: between("secondary", "nodePort", bytes),
});

function comparisonsOf(between: Between, { previews, unchanged }: ProgramFigures): Bench["comparisons"] {
  const seconds = (ups: ProgramFigures["unchanged"]["dev"]): number[] => ups.map((each) => each.seconds);
  return {
    bareConnectionsToNodePort: between("secondary", "nodePort", bare),
    newConnectionsToHandMade: between("secondary", "handMade", connections),
    p99ToHandMade: between("secondary", "handMade", p99),
    keepAliveToHandMade: between("secondary", "handMade", requests),
    throughputToHandMade: between("secondary", "handMade", bytes),
    bareConnectionsToHandMade: between("secondary", "handMade", bare),
    apiBareSocketProxydToHandMade: between("apiSocketProxyd", "apiHandMade", bare),
    apiBareP99SocketProxydToHandMade: between("apiSocketProxyd", "apiHandMade", bareP99),
    apiNewConnectionsSocketProxydToHandMade: between("apiSocketProxyd", "apiHandMade", connections),
    apiBareSocatToHandMade: between("apiSocat", "apiHandMade", bare),
    apiBareP99SocatToHandMade: between("apiSocat", "apiHandMade", bareP99),
    apiNewConnectionsSocatToHandMade: between("apiSocat", "apiHandMade", connections),
    apiDnatHop: between("apiSocketProxyd", "apiWithoutDnat", bare),
    previewDevToEmpty: compare(previews.dev, previews.empty),
    previewProdToEmpty: compare(previews.prod, previews.empty),
    previewDevToEmptyUnchecked: compare(previews.dev, previews.emptyUnchecked),
    previewProdToEmptyUnchecked: compare(previews.prod, previews.emptyUnchecked),
    unchangedDevToEmpty: compare(seconds(unchanged.dev), unchanged.empty),
    unchangedProdToEmpty: compare(seconds(unchanged.prod), unchanged.empty),
  };
}

function figuresOf({ id, title, to }: Path, runs: readonly PathRun[], memory: number | undefined): PathFigures {
  const effort = (who: "client" | "machine"): PathFigures["client"] => ({
    connecting: figure(of(runs, ({ connecting }) => connecting.effort[who])),
    bare: figure(of(runs, (run) => run.bare.effort[who])),
    keeping: figure(of(runs, ({ keeping }) => keeping.effort[who])),
  });
  return {
    id,
    title,
    to,
    connectionsPerSecond: figure(of(runs, connections)),
    p50: figure(of(runs, ({ connecting }) => connecting.p50)),
    p99: figure(of(runs, p99)),
    barePerSecond: figure(of(runs, bare)),
    bareP99: figure(of(runs, bareP99)),
    requestsPerSecond: figure(of(runs, requests)),
    requestP99: figure(of(runs, ({ keeping }) => keeping.p99)),
    ...(to === "application" ? { megabytesPerSecond: figure(of(runs, (run) => bytes(run) / 1e6)) } : {}),
    ...(runs.every(({ processor }) => processor !== undefined)
      ? { processor: figure(of(runs, ({ processor }) => processor ?? NaN)) }
      : {}),
    ...(memory === undefined ? {} : { memory }),
    failed: runs.reduce(
      (sum, run) => sum + run.connecting.failed + run.bare.failed + run.keeping.failed + (run.loading?.failed ?? 0),
      0,
    ),
    client: effort("client"),
    busy: effort("machine"),
  };
}

export function benchOf({ machine, versions, paths, tuning, held, program }: Measurements): Bench {
  const between: Between = (a, b, value) => compare(of(paths[a], value), of(paths[b], value));
  const spreads = spreadsOf(between);
  return {
    machine,
    versions,
    runs: paths.nodePort.length,
    paths: pathsTo("").map((path) => figuresOf(path, paths[path.id], held.memoryOfThousand[path.id])),
    ratios: {
      newConnections: spreads.newConnections.median,
      p99: spreads.p99.median,
      keepAlive: spreads.keepAlive.median,
      throughput: spreads.throughput.median,
    },
    spreads,
    comparisons: comparisonsOf(between, program),
    tuning,
    held,
    program,
  };
}
