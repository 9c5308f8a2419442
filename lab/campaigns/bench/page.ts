/** Renders docs/performance.md and its charts. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../paths";
import { table, writePage } from "../page";
import { type Bar, barChart } from "./bars";
import type { Bench, PathFigures } from "./figures";
import { bareClients, durations } from "./measure";
import type { PathId } from "./paths";
import type { Up } from "./program";
import { promisesOf, spread } from "./promises";
import { type Comparison, type Figure, figure, verdict } from "./statistics";

/** Minimum number of runs for a page with medians. */
export const fewestRuns = 5;

/** @throws if there are too few runs for medians */
export function refuseFewRuns(runs: number): void {
  if (runs < fewestRuns)
    throw new Error(
      `expected at least ${fewestRuns} runs for docs/performance.md, found ${runs}: use --runs ${fewestRuns} or more, or --no-page`,
    );
}

const bold = (right: boolean, text: string): string => (right ? text : `**${text}**`);
const percent = ({ median }: Figure): string => `${Math.round(median * 100)} %`;

const charts = [
  { file: "new-connections", title: "New TLS connections a second", unit: "/s", value: (path: PathFigures) => path.connectionsPerSecond },
  { file: "p99", title: "Slowest of a hundred new TLS connections", unit: "ms", value: (path: PathFigures) => path.p99 },
  { file: "without-tls", title: "New connections a second without TLS", unit: "/s", value: (path: PathFigures) => path.barePerSecond },
  { file: "keep-alive", title: "Requests a second on 32 kept connections", unit: "/s", value: (path: PathFigures) => path.requestsPerSecond },
] as const; // prettier-ignore

const ours: readonly PathId[] = ["secondary", "apiSocat", "apiSocketProxyd"];

function pathTable(paths: readonly PathFigures[]): string {
  const throughput = paths.some(({ megabytesPerSecond }) => megabytesPerSecond !== undefined);
  return table(
    ["way", "new TLS connections/s", "p50 ms", "p99 ms", "connections/s without TLS", "p99 ms", "requests/s, kept", "p99 ms", ...(throughput ? ["MB/s"] : []), "CPU ms per 1000 TLS connections", "MiB per 1000 idle", "failed"],
    paths.map((path) => [
      path.title,
      spread(path.connectionsPerSecond),
      spread(path.p50),
      spread(path.p99),
      spread(path.barePerSecond),
      spread(path.bareP99),
      spread(path.requestsPerSecond),
      spread(path.requestP99),
      ...(path.megabytesPerSecond ? [spread(path.megabytesPerSecond)] : []),
      path.processor ? spread(path.processor) : "–",
      path.memory === undefined ? "–" : path.memory.toFixed(1),
      path.failed,
    ]),
  ); // prettier-ignore
}

const effortTable = (paths: readonly PathFigures[]): string =>
  table(
    ["way", "TLS: client", "machine", "without TLS: client", "machine", "kept: client", "machine"],
    paths.map(({ title, client, busy }) => [
      title,
      ...(["connecting", "bare", "keeping"] as const).flatMap((load) => [percent(client[load]), percent(busy[load])]),
    ]),
  );

/** A client that uses this share of its processor is saturated, and hides what a faster path could do. */
const full = 0.9;

function clientsLimit(paths: readonly PathFigures[]): string {
  const loads = { connecting: "new TLS connections", bare: "connections without TLS", keeping: "requests on kept connections" };
  const limited = Object.entries(loads).flatMap(([load, words]) =>
    paths.some(({ id, client }) => id === "nodePort" && client[load as keyof typeof loads].median >= full) ? [words] : [],
  );
  return limited.length === 0
    ? "On the direct NodePort the client is never the limit."
    : `On the direct NodePort the client is the limit for ${limited.join(" and ")}: against a client that could do more, these ratios would be lower, so read them as upper bounds.`;
} // prettier-ignore

/** Which of the two forwarders meets both limits. */
function forwarders(bench: Bench): string {
  const { comparisons: c } = bench;
  const kept = (name: string): boolean =>
    promisesOf(bench)
      .filter(({ title }) => title.startsWith(`API by ${name},`))
      .every((promise) => promise.kept);
  const [socketProxyd, socat] = [kept("socket-proxyd"), kept("socat")];
  const says = (name: string, meets: boolean): string =>
    meets ? `\`${name}\` meets both limits` : `\`${name}\` does not meet both limits`;
  return (
    `What is asked of the API's forwarder is three times the connections of plain socat with a tenth of its p99, both on the load without TLS: ` +
    `${bareClients} clients, ${durations.API.bare} s. ${says("socket-proxyd", socketProxyd)}; ${says("socat", socat)}. ` +
    (c.apiBareSocketProxydToHandMade.median > c.apiBareSocatToHandMade.median
      ? "`socat` is the default of `apiForwarder` and makes a process for each connection, as plain socat does: its longer queue takes the second of waiting away, " +
        "not the price of a process. **Where the API server was moved to 8443 and many clients come, set `apiForwarder: socket-proxyd`.**"
      : "`socat` makes a process for each connection.")
  );
}

const tuned = (value: Comparison): string => `${spread(value)}, ${verdict(value)}`;

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

/** docs/performance.md before formatting. */
export function performancePage(bench: Bench): string {
  const { machine, versions, runs, paths, tuning, held, program } = bench;
  const promises = promisesOf(bench);
  const { idle, streams } = held;
  const { first, previews, unchanged } = program;
  const { application, API } = durations;
  const s = (values: readonly number[]): string => `${spread(figure(values))} s`;
  const seconds = (ups: readonly Up[]): string => s(ups.map((each) => each.seconds));
  const calls = (ups: readonly Up[]): number => figure(ups.map(({ awsCalls }) => awsCalls)).median;
  const logins = (ups: readonly Up[]): number => ups.reduce((sum, { sshLogins }) => sum + sshLogins, 0);
  return `# Performance

<!-- Written by \`npm run bench\`. -->

What our way to the application costs, beside what a user would pick instead, on one machine in one run. Client, proxy and servers share
its processors, so the absolute numbers are small and the ratios are what to read. Medians of ${runs} runs (${tuning.runs} for tuning, ${previews.dev.length} for the program),
in each of which everything is measured in an order by lot, after a short warm-up that is not counted; least and most in brackets.

Measured on ${machine.processors} × ${machine.model}, ${Math.round(machine.memoryBytes / 2 ** 30)} GiB of memory. ${Object.entries(
    versions,
  )
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}.

${table(
  ["figure", "run by run: median (spread)", "of the medians", "asked for"],
  promises.map(({ title, found, ofMedians, asked, kept }) => [
    title,
    bold(kept, found),
    ofMedians ? `${ofMedians.text}${ofMedians.agrees ? "" : " (too close)"}` : "",
    asked,
  ]),
)}

A figure in bold misses what is asked for; ratios are judged run by run, which a machine whose speed drifts does not distort. "Too close": the ratio of the two
medians is on the other side of the limit. The layout made by hand differs from ours by no more than one run from the next, so "never below it" means ≥ 0.97 for
rates and ≤ 1.1 for p99.

![New TLS connections a second](performance/new-connections.svg)
![Slowest of a hundred new TLS connections](performance/p99.svg)
![New connections a second without TLS](performance/without-tls.svg)
![Requests a second on kept connections](performance/keep-alive.svg)

## The ways to the application

${pathTable(paths.filter(({ to }) => to === "application"))}

"NodePort, direct" is nginx bound to the NodePort: kube-proxy's rules, which a cluster adds to every way, are in none of these. "HAProxy bound by
hand" is the layout of the hand-made instructions: bound where clients connect, Debian's defaults. "nft rule alone" is no proxy at all: it
cannot be used in front of a NodePort, because kube-proxy's own rules come after it, but it shows what a rule costs.

Why a kept connection costs what it does, and why no setting changes it: [decision 0011](decisions/0011-what-a-kept-connection-costs.md).

## The ways to the API

${pathTable(paths.filter(({ to }) => to === "API"))}

${forwarders(bench)}

The API server is a stand-in here that answers at once: with a real one, its own work outweighs the way to it.

## Where the limit is

Busy time during a load: the client's, as a share of the one processor that it can use, and the whole machine's.

${effortTable(paths)}

${clientsLimit(paths)} Making a TLS connection costs a client more than any of these ways, so the columns without TLS show best what they can do.

## Tuning

Settings that could make HAProxy faster, each beside our configuration as it is, run by run. "Undecided" is a spread that crosses a tenth more or
a tenth less; a setting is taken up only where it gains a tenth somewhere and loses nothing.

${table(
  ["setting", "new TLS connections", "requests on kept connections", "throughput"],
  tuning.haproxy.map(({ title, newConnections, keepAlive, throughput }) => [
    title,
    tuned(newConnections),
    tuned(keepAlive),
    tuned(throughput),
  ]),
)}

The forwarder's listeners have a backlog of 4096. socat's own is 5, and who finds the queue full waits for the kernel's second try, a second later.
The same socat with either, ${bareClients} clients without TLS:

${table(
  ["", "backlog 5", "backlog 4096", "ratio"],
  [
    [
      "connections/s",
      spread(tuning.backlog.before.perSecond),
      spread(tuning.backlog.after.perSecond),
      tuned(tuning.backlog.perSecond),
    ],
    [
      "p99 ms",
      spread(tuning.backlog.before.p99),
      spread(tuning.backlog.after.p99),
      `${spread(tuning.backlog.p99)}, ${verdict(tuning.backlog.p99, "less")}`,
    ],
  ],
)}

## Many connections

- ${idle.asked} idle connections to secondary:443, after ${idle.seconds} s in which nobody said anything: ${idle.open} open, ${idle.alive} answered a request;
  HAProxy took ${held.memoryOfIdle.toFixed(0)} MiB for them.${
    idle.processes === 1
      ? ""
      : ` A process may open fewer files on this machine than HAProxy's unit asks for, so ${idle.processes} of its processes held them, with a reload in between.`
  }
- ${streams.asked} streams, a few bytes at a time as a watch of the API has them: ${streams.afterReload.alive} went on after \`systemctl reload haproxy\`,
  ${streams.afterChange.alive} after an \`up\` that changes HAProxy's configuration. Each started a new worker, and the old one kept its streams. It ends after
  30 minutes (\`hard-stop-after\`): streams that are still open then are cut, and their clients come back to the new worker.

## The program

${table(
  ["", "dev", "prod", "empty program", "empty, types not checked"],
  [
    ["`pulumi preview`", s(previews.dev), s(previews.prod), s(previews.empty), s(previews.emptyUnchecked)],
    [
      "`pulumi up` that changes nothing",
      seconds(unchanged.dev),
      seconds(unchanged.prod),
      s(unchanged.empty),
      s(unchanged.emptyUnchecked),
    ],
    ["… its calls to AWS", calls(unchanged.dev), calls(unchanged.prod), "", ""],
    ["… SSH connections of all", logins(unchanged.dev), logins(unchanged.prod), "", ""],
    [
      "first `pulumi up`, measured once",
      `${first.dev.seconds.toFixed(1)} s`,
      `${first.prod.seconds.toFixed(1)} s`,
      "",
      "",
    ],
    ["… its calls to AWS", first.dev.awsCalls, first.prod.awsCalls, "", ""],
    ["… its SSH connections", first.dev.sshLogins, first.prod.sshLogins, "", ""],
  ],
)}

The empty program is what \`pulumi new typescript\` makes; its types are checked at every run. Ours are not (\`npm run check\` does it), so the last
column is the same empty program with our tsconfig.json. [Decision 0003](decisions/0003-what-a-preview-costs.md) says where the rest of the time goes.

dev's and prod's URLs answer ${first.bothUrls.toFixed(1)} s after the first \`pulumi up\` of dev starts, measured once, with prod's \`up\` after dev's. Pulumi, its plugins and the
npm packages are installed by then, and the stacks exist.

## What the bench sets

- Loads: new TLS connections, 32 clients, ${application.connecting} × 1500 connections; without TLS, ${bareClients} clients, ${application.bare} s (to the API ${API.bare} s); kept
  connections, 32 clients, ${application.keeping} s (to the API ${API.keeping} s); pages of 1 MiB, ${application.loading} s. One client program at a time, on the VPC's router.
- \`net.netfilter.nf_conntrack_tcp_timeout_time_wait\` 5 s on router and node, and \`net.ipv4.ip_local_port_range\` from 1024 on the router: a load leaves
  more ended connections behind in a minute than a day's work.
- TCP's congestion control on router and node is reno: like cubic, which a kOps node has and a namespace may not choose, it sets no timers for each
  connection.
- The ingress controller: one worker, 32768 connections, backlog 4096, connections kept for an hour and any number of requests, no access log.
- ${idle.seconds} s of silence for idle connections, which is more than HAProxy's timeout of a client that says nothing before its connection is passed on.

## Not measured

A real network between client and node, kube-proxy's part of the way, a cluster with work to do, connections from more than one client machine, IPv6.
`;
}
