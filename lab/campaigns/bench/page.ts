/** What the measurements come to: the object of `--json`, and docs/performance.md with its charts. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KeptLab } from "../../keptLab";
import { repositoryRoot } from "../../paths";
import { machineInWords, table, writePage } from "../page";
import { type Bar, barChart } from "./bars";
import type { HeldFigures, PathRun, PathRuns, ProgramFigures } from "./measure";
import { type Path, type PathId, pathsTo } from "./paths";
import { type Figure, figure, ratio } from "./statistics";
import type { Tuned } from "./tuning";

export interface PathFigures extends Pick<Path, "id" | "title" | "to"> {
  connectionsPerSecond: Figure;
  /** Milliseconds of a new connection with one request. */
  p50: Figure;
  p99: Figure;
  /** Connections without TLS. */
  barePerSecond?: Figure;
  requestsPerSecond: Figure;
  /** Milliseconds of a request on a kept connection. */
  requestP99: Figure;
  megabytesPerSecond?: Figure;
  /** Milliseconds of processor time in between, for 1000 connections. */
  processor?: Figure;
  /** MiB in between, for 1000 idle connections. */
  memory?: number;
  failed: number;
}

export interface Bench {
  machine: string;
  versions: Record<string, string>;
  runs: number;
  paths: PathFigures[];
  /** Run by run: ours on secondary:443 against the NodePort, where the name does not say otherwise. */
  ratios: Record<string, Figure>;
  tuning: Tuned[];
  held: HeldFigures;
  program: ProgramFigures;
}

const of = (runs: readonly PathRun[], value: (run: PathRun) => number): number[] => runs.map(value);
const connections = (run: PathRun): number => run.connecting.perSecond;
const p99 = (run: PathRun): number => run.connecting.p99;
const bare = (run: PathRun): number => run.bare?.perSecond ?? NaN;
const requests = (run: PathRun): number => run.keeping.requestsPerSecond;

function ratiosOf(runs: PathRuns, { previews }: ProgramFigures): Record<string, Figure> {
  const compare = (a: PathId, b: PathId, value: (run: PathRun) => number): Figure =>
    ratio(of(runs[a], value), of(runs[b], value));
  return {
    newConnections: compare("secondary", "nodePort", connections),
    p99: compare("secondary", "nodePort", p99),
    keepAlive: compare("secondary", "nodePort", requests),
    throughput: compare("secondary", "nodePort", ({ loading }) => loading?.bytesPerSecond ?? NaN),
    newConnectionsToSeed: compare("secondary", "seed", connections),
    keepAliveToSeed: compare("secondary", "seed", requests),
    apiNewConnectionsSocketProxydToSeed: compare("apiSocketProxyd", "apiSeed", connections),
    apiBareSocketProxydToSeed: compare("apiSocketProxyd", "apiSeed", bare),
    apiP99SocketProxydToSeed: compare("apiSocketProxyd", "apiSeed", p99),
    apiNewConnectionsSocatToSeed: compare("apiSocat", "apiSeed", connections),
    apiP99SocatToSeed: compare("apiSocat", "apiSeed", p99),
    apiDnatHop: compare("apiSocketProxyd", "apiWithoutDnat", connections),
    previewDevToEmpty: ratio(previews.dev, previews.empty),
    previewProdToEmpty: ratio(previews.prod, previews.empty),
  };
}

async function versionsOf(kept: KeptLab): Promise<Record<string, string>> {
  const first = async (command: string): Promise<string> => (await kept.node(command)).trim().split("\n")[0] ?? "";
  return {
    node: await first(". /etc/os-release; echo $PRETTY_NAME"),
    kernel: await first("uname -r"),
    haproxy: await first("haproxy -v | sed -E 's/^HAProxy version ([^ ]+).*/\\1/'"),
    socat: await first("socat -V | sed -nE 's/^socat version ([^ ]+).*/\\1/p'"),
    systemd: await first("systemctl --version | sed -nE 's/^systemd ([^ ]+).*/\\1/p'"),
    pulumi: kept.state.engine.version,
    nodejs: process.version,
  };
}

export async function summary(
  kept: KeptLab,
  { program, paths, tuning, held }: { program: ProgramFigures; paths: PathRuns; tuning: Tuned[]; held: HeldFigures },
): Promise<Bench> {
  return {
    machine: machineInWords(),
    versions: await versionsOf(kept),
    runs: paths.nodePort.length,
    paths: pathsTo("").map(({ id, title, to }) => {
      const runs = paths[id];
      const memory = held.memoryOfThousand[id];
      return {
        id,
        title,
        to,
        connectionsPerSecond: figure(of(runs, connections)),
        p50: figure(of(runs, ({ connecting }) => connecting.p50)),
        p99: figure(of(runs, p99)),
        requestsPerSecond: figure(of(runs, requests)),
        requestP99: figure(of(runs, ({ keeping }) => keeping.p99)),
        ...(to === "application"
          ? { megabytesPerSecond: figure(of(runs, ({ loading }) => (loading?.bytesPerSecond ?? NaN) / 1e6)) }
          : { barePerSecond: figure(of(runs, bare)) }),
        ...(runs.every(({ processor }) => processor !== undefined)
          ? { processor: figure(of(runs, ({ processor }) => processor ?? NaN)) }
          : {}),
        ...(memory === undefined ? {} : { memory }),
        failed: runs.reduce((sum, { connecting, keeping }) => sum + connecting.failed + keeping.failed, 0),
      };
    }),
    ratios: ratiosOf(paths, program),
    tuning,
    held,
    program,
  };
}

const digits = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
const spread = ({ median, min, max }: Figure): string => `${digits(median)} (${digits(min)}–${digits(max)})`;
const bold = (right: boolean, text: string): string => (right ? text : `**${text}**`);

const charts = [
  { file: "new-connections", title: "New TLS connections a second", unit: "/s", value: (path: PathFigures) => path.connectionsPerSecond },
  { file: "p99", title: "Slowest of a hundred new connections", unit: "ms", value: (path: PathFigures) => path.p99 },
  { file: "keep-alive", title: "Requests a second on 32 kept connections", unit: "/s", value: (path: PathFigures) => path.requestsPerSecond },
] as const; // prettier-ignore

const ours: readonly PathId[] = ["secondary", "apiSocat", "apiSocketProxyd"];

/** @param bulk what the column with bytes or bare connections shows */
function pathTable(paths: readonly PathFigures[], bulk: string): string {
  return table(
    ["way", "new connections/s", "p50 ms", "p99 ms", "requests/s, kept", "p99 ms", bulk, "CPU ms per 1000 connections", "MiB per 1000 idle", "failed"],
    paths.map((path) => [
      path.title,
      spread(path.connectionsPerSecond),
      spread(path.p50),
      spread(path.p99),
      spread(path.requestsPerSecond),
      spread(path.requestP99),
      path.megabytesPerSecond ? spread(path.megabytesPerSecond) : path.barePerSecond ? spread(path.barePerSecond) : "",
      path.processor ? spread(path.processor) : "–",
      path.memory === undefined ? "–" : path.memory.toFixed(1),
      path.failed,
    ]),
  ); // prettier-ignore
}

interface Limits {
  least?: number;
  most?: number;
  /** Two ways that cost the same lie now above, now below each other. */
  withinSpread?: true;
}

/** What is promised: a name in words, the ratio, and how far it may go. */
const promises: readonly [string, string, Limits][] = [
  ["new TLS connections, secondary:443 against the NodePort", "newConnections", { least: 0.75 }],
  ["their p99", "p99", { most: 2 }],
  ["requests on kept connections", "keepAlive", { least: 0.5 }],
  ["throughput of 1 MiB pages", "throughput", {}],
  ["new TLS connections, against HAProxy bound by hand", "newConnectionsToSeed", { least: 1, withinSpread: true }],
  ["requests on kept connections, against HAProxy bound by hand", "keepAliveToSeed", { least: 1, withinSpread: true }],
  ["API by socket-proxyd, against plain socat: connections without TLS", "apiBareSocketProxydToSeed", { least: 3 }],
  ["API by socket-proxyd, against plain socat: new TLS connections", "apiNewConnectionsSocketProxydToSeed", {}],
  ["API by socket-proxyd, against plain socat: p99", "apiP99SocketProxydToSeed", { most: 0.1 }],
  ["API by socat, against plain socat: new TLS connections", "apiNewConnectionsSocatToSeed", {}],
  ["API by socat, against plain socat: p99", "apiP99SocatToSeed", {}],
  ["the forwarder's nft rule: new connections with it, against without", "apiDnatHop", {}],
  ["`pulumi preview` of dev, against an empty program", "previewDevToEmpty", { most: 1.25 }],
  ["`pulumi preview` of prod, against an empty program", "previewProdToEmpty", { most: 1.5 }],
];

/** Writes docs/performance.md and its charts. */
export async function writePerformancePage(bench: Bench): Promise<void> {
  const { paths } = bench;
  const folder = join(repositoryRoot, "docs/performance");
  mkdirSync(folder, { recursive: true });
  for (const { file, title, unit, value } of charts) {
    const bars = paths.map((path): Bar => ({ label: path.title, figure: value(path), ours: ours.includes(path.id) }));
    writeFileSync(join(folder, `${file}.svg`), barChart(title, unit, bars));
  }
  await writePage("docs/performance.md", performancePage(bench));
}

/** docs/performance.md, before it is formatted. */
export function performancePage(bench: Bench): string {
  const { machine, versions, runs, paths, ratios, tuning, held, program } = bench;
  const kept = ({ least, most, withinSpread }: Limits, { median, max }: Figure): boolean =>
    (least === undefined || (withinSpread ? max : median) >= least) && (most === undefined || median <= most);
  const asked = ({ least, most, withinSpread }: Limits): string =>
    least !== undefined
      ? `≥ ${least}${withinSpread ? ", within the spread" : ""}`
      : most !== undefined
        ? `≤ ${most}`
        : "–";
  const { idle, streams } = held;
  const s = (values: readonly number[]): string => `${spread(figure(values))} s`;
  return `# Performance

<!-- Written by \`npm run bench\`. -->

What our way to the application costs, beside what a user would pick instead, on one machine in one run. Client, proxy and servers share
its processors, so the absolute numbers are small and the ratios are what to read. Medians of ${runs} runs, each path in turn with the others;
least and most in brackets. ${machine} ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}.

${table(
  ["ratio, run by run", "median (spread)", "asked for"],
  promises.map(([words, name, limits]) => {
    const value = ratios[name] ?? figure([NaN]);
    return [words, bold(kept(limits, value), spread(value)), asked(limits)];
  }),
)}

A ratio in bold misses what is asked for.

![New TLS connections a second](performance/new-connections.svg)
![Slowest of a hundred new connections](performance/p99.svg)
![Requests a second on kept connections](performance/keep-alive.svg)

## The ways to the application

${pathTable(
  paths.filter(({ to }) => to === "application"),
  "MB/s",
)}

"HAProxy bound by hand" is the layout of the hand-made instructions: bound where clients connect, Debian's defaults. "nft rule alone" is no proxy at all: it cannot be
used in front of a NodePort, because kube-proxy's own rules come after it, but it shows what a rule costs.

## The ways to the API

${pathTable(
  paths.filter(({ to }) => to === "API"),
  "connections/s without TLS",
)}

Where the API server was moved to 8443, \`apiForwarder: socket-proxyd\` is the faster of the two; \`socat\` makes a process for each connection.
The API server is a stand-in here that answers at once: with a real one, its own work outweighs the way to it.

A client spends more on TLS than any of these ways does, so the column without TLS shows best what they can do.

## Tuning

Settings that could make HAProxy faster, each beside our configuration as it is, run by run. One is taken up only where it gains a tenth somewhere and loses
nothing.

${table(
  ["setting", "new connections", "requests on kept connections", "throughput"],
  tuning.map(({ title, newConnections, keepAlive, throughput }) => [
    title,
    spread(newConnections),
    spread(keepAlive),
    spread(throughput),
  ]),
)}

The listeners' backlog is 4096: with socat's own 5 a burst of clients waits for the kernel's second try, which is the second of p99 above.

## Many connections

- ${idle.asked} idle connections to secondary:443, after ${idle.seconds} s in which nobody said anything: ${idle.open} open, ${idle.alive} answered a request;
  HAProxy took ${held.memoryOfIdle.toFixed(0)} MiB for them.${
    idle.processes === 1
      ? ""
      : ` A process may open fewer files on this machine than HAProxy's unit asks for, so ${idle.processes} of its processes held them, with a reload in between.`
  }
- ${streams.asked} streams, a few bytes at a time as a watch of the API has them: ${streams.afterReload.alive} went on after \`systemctl reload haproxy\`,
  ${streams.afterChange.alive} after an \`up\` that changes HAProxy's configuration.

## The program

${table(
  ["", "dev", "prod", "empty program"],
  [
    ["`pulumi preview`", s(program.previews.dev), s(program.previews.prod), s(program.previews.empty)],
    ["`pulumi up` that changes nothing", s(program.unchanged.dev), s(program.unchanged.prod), ""],
    ["first `pulumi up`", `${program.first.dev.toFixed(1)} s`, `${program.first.prod.toFixed(1)} s`, ""],
  ],
)}

The empty program is what \`pulumi new typescript\` makes. Both URLs answer ${program.first.bothUrls.toFixed(1)} s after the first command. The first \`up\` of prod opens
${program.logins.first} SSH connections; all ${2 * program.unchanged.prod.length} that change nothing open ${program.logins.unchanged}.

## Not measured

A real network between client and node, a cluster with work to do, connections from more than one client machine, IPv6.
`;
}
