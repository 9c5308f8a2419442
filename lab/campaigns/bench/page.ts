/** Renders docs/performance.md and its charts. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { haproxyUnit } from "../../../hostfiles/node/paths";
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
    : `On the direct NodePort the client is the limit for ${limited.join(" and ")}: with a faster client these ratios would be lower, so read them as upper bounds.`;
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
    `The API's forwarder must handle three times the connections of plain socat with a tenth of its p99, both on the load without TLS: ` +
    `${bareClients} clients, ${durations.API.bare} s. ${says("socket-proxyd", socketProxyd)}; ${says("socat", socat)}. ` +
    (c.apiBareSocketProxydToHandMade.median > c.apiBareSocatToHandMade.median
      ? "`socat` is the default of `apiForwarder` and forks a process for each connection, as plain socat does: its longer queue removes the wait of a second, " +
        "not the cost of a process. **If the API server was moved to 8443 and has many clients, set `apiForwarder: socket-proxyd`.**"
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

The cost of our path to the application compared with its alternatives, on one machine in one run. Client, proxy and servers share
its processors, so the absolute numbers are small: compare the ratios. Medians of ${runs} runs (${tuning.runs} for tuning, ${previews.dev.length} for the program),
each in random order after a short, uncounted warm-up; minimum and maximum in parentheses.

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

A figure in bold misses its limit. Ratios are compared within each run, so that drift of the machine's speed cancels out. "Too close": the ratio of the two
medians is on the other side of the limit. The manual layout differs from ours by no more than one run from the next, so "never below it" means ≥ 0.97 for
rates and ≤ 1.1 for p99.

![New TLS connections a second](performance/new-connections.svg)
![Slowest of a hundred new TLS connections](performance/p99.svg)
![New connections a second without TLS](performance/without-tls.svg)
![Requests a second on kept connections](performance/keep-alive.svg)

## Paths to the application

${pathTable(paths.filter(({ to }) => to === "application"))}

"NodePort, direct" is nginx bound to the NodePort: no path includes kube-proxy's rules, which a cluster adds to all of them. "HAProxy bound by
hand" is the layout of the manual instructions: bound to the public ports, with Debian's defaults. "nft rule alone" has no proxy: it
does not work in front of a NodePort, because kube-proxy's own rules come after it, but it shows the cost of a rule.

The cost of a keep-alive connection, and why no setting changes it: [decision 0011](decisions/0011-what-a-kept-connection-costs.md).

## Paths to the API

${pathTable(paths.filter(({ to }) => to === "API"))}

${forwarders(bench)}

The API server here is a stand-in that responds at once: a real one's own work outweighs the cost of the path.

## Bottlenecks

CPU use during a load: the client's, as a share of the one processor that it can use, and the whole machine's.

${effortTable(paths)}

${clientsLimit(paths)} A TLS connection costs the client more than any of these paths, so the columns without TLS compare them best.

## Tuning

Settings that could make HAProxy faster, each compared with our configuration, run by run. "Undecided" is a spread that crosses +10 % or
-10 %; we adopt a setting only if it gains 10 % in one column and loses nothing.

${table(
  ["setting", "new TLS connections", "requests on kept connections", "throughput"],
  tuning.haproxy.map(({ title, newConnections, keepAlive, throughput }) => [
    title,
    tuned(newConnections),
    tuned(keepAlive),
    tuned(throughput),
  ]),
)}

The forwarder's listeners have a backlog of 4096. socat's default is 5, and a client that finds the queue full waits a second for the kernel's retry.
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

- ${idle.asked} idle connections to secondary:443, after ${idle.seconds} s without traffic: ${idle.open} open, ${idle.alive} answered a request;
  HAProxy took ${held.memoryOfIdle.toFixed(0)} MiB for them.${
    idle.processes === 1
      ? ""
      : ` This machine's limit of open files is lower than HAProxy's unit sets, so ${idle.processes} of its processes held them, with a reload in between.`
  }
- ${streams.asked} streams of a few bytes at a time, like a watch of the API: ${streams.afterReload.alive} continued after \`systemctl reload ${haproxyUnit}\`,
  ${streams.afterChange.alive} after an \`up\` that changes HAProxy's configuration. Each started a new worker, and the old one kept its streams. It ends after
  30 minutes (\`hard-stop-after\`): then it closes the remaining streams, and their clients reconnect to the new worker.

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

The empty program is the output of \`pulumi new typescript\`, which type-checks at every run. Ours does not (\`npm run check\` does), so the last
column is the same empty program with our tsconfig.json. [Decision 0003](decisions/0003-what-a-preview-costs.md) explains the rest of the time.

dev's and prod's URLs respond ${first.bothUrls.toFixed(1)} s after the first \`pulumi up\` of dev starts, measured once, with prod's \`up\` after dev's. Pulumi, its plugins and the
npm packages are installed by then, and the stacks exist.

## Settings of the bench

- Loads: new TLS connections, 32 clients, ${application.connecting} × 1500 connections; without TLS, ${bareClients} clients, ${application.bare} s (to the API ${API.bare} s); kept
  connections, 32 clients, ${application.keeping} s (to the API ${API.keeping} s); pages of 1 MiB, ${application.loading} s. One client program at a time, on the VPC's router.
- \`net.netfilter.nf_conntrack_tcp_timeout_time_wait\` 5 s on router and node, and \`net.ipv4.ip_local_port_range\` from 1024 on the router: a load leaves
  more closed connections behind in a minute than a day of normal use.
- TCP's congestion control on router and node is reno: like cubic, which a kOps node uses and a namespace may not select, it sets no timer per
  connection.
- The ingress controller: one worker, 32768 connections, backlog 4096, keep-alive for an hour and any number of requests, no access log.
- ${idle.seconds} s without traffic for idle connections, which is longer than HAProxy's timeout for a client that sends nothing before its connection is proxied.

## Not measured

A real network between client and node, kube-proxy's part of the path, a cluster under load, connections from more than one client machine, IPv6.
`;
}
