/** Settings that could make our paths faster, each compared with our configuration. */
import { haproxyConfig } from "../../../hostfiles/node/paths";
import type { KeptLab } from "../../keptLab";
import { node as addresses } from "../../network/addresses";
import { httpsListener } from "../../../settings/ports";
import { connect, keep, warmUp } from "./load";
import { bareClients } from "./measure";
import type { Note } from "../../progress";
import { bigPage, plainSocat } from "./paths";
import { type Comparison, compare, type Figure, figure, shuffled } from "./statistics";

interface Variant {
  title: string;
  /** Lines to add after `global` and after `defaults`. */
  global?: string;
  defaults?: string;
  /** Options to add to `bind`. */
  bind?: string;
  /** sysctls, name → value, during start and measurement. */
  kernel?: Readonly<Record<string, number>>;
}

const asItIs: Variant = { title: "as it is" };

const variants: readonly Variant[] = [
  { title: "a second copy as it is, which shows what chance does" },
  { title: "one thread (`nbthread 1`)", global: "nbthread 1" },
  { title: "each thread on a processor of its own (`cpu-map auto:1/1-2 0-1`)", global: "cpu-map auto:1/1-2 0-1" },
  { title: "the kernel moves the bytes (`option splice-auto`)", defaults: "option splice-auto" },
  { title: "buffers of 64 KiB (`tune.bufsize 65536`)", global: "tune.bufsize 65536" },
  {
    title: "fewer packets (`option tcp-smart-accept`, `tcp-smart-connect`)",
    defaults: "option tcp-smart-accept\n  option tcp-smart-connect",
  },
  {
    title: "longer queues (`backlog 16384`, kernel `somaxconn` and `tcp_max_syn_backlog` 16384)",
    bind: "backlog 16384",
    kernel: { "net.core.somaxconn": 16384, "net.ipv4.tcp_max_syn_backlog": 16384 },
  },
];

/** Measurements of one variant, per run. */
interface Measured {
  newConnections: number[];
  keepAlive: number[];
  throughput: number[];
}

export interface Tuned extends Record<keyof Measured, Comparison> {
  title: string;
}

/** The accept queue of a forwarder: socat's default, and ours. */
export interface Backlogs {
  before: { perSecond: Figure; p99: Figure };
  after: { perSecond: Figure; p99: Figure };
  perSecond: Comparison;
  p99: Comparison;
}

export interface Tuning {
  runs: number;
  haproxy: Tuned[];
  backlog: Backlogs;
}

const firstPort = 11443;
const firstSocatPort = 11643;

/** Our installed configuration with another port and one more setting, in its own process. */
const start = ({ global = "", defaults = "", bind = "" }: Variant, index: number): string => {
  const port = firstPort + index;
  return [
    `sed -E -e 's/:${httpsListener} transparent/:${port} transparent ${bind}/' -e '/^frontend http$/,/^$/d' -e '/^frontend stats$/,/^$/d' -e '/stats socket/d'`,
    global === "" ? "" : `-e '/^global$/a\\  ${global}'`,
    defaults === "" ? "" : `-e '/^defaults$/a\\  ${defaults.replaceAll("\n", "\\n")}'`,
    `${haproxyConfig} >/srv/bench/variant-${index}.cfg`,
    `&& systemd-run --quiet --collect --unit=bench-variant-${index} -p LimitNOFILE=65536 haproxy -db -f /srv/bench/variant-${index}.cfg`,
    `&& for i in $(seq 50); do ss -Hltn 'sport = :${port}' | grep -q . && exit; sleep 0.1; done; exit 1`,
  ].join(" ");
};

/** Applies a variant's sysctls and restores them afterwards. */
async function withKernel<T>(kept: KeptLab, { kernel = {} }: Variant, work: () => Promise<T>): Promise<T> {
  const before: string[] = [];
  for (const [name, value] of Object.entries(kernel))
    before.push(`${name}=${await kept.node(`sysctl -n ${name} && sysctl -qw ${name}=${value}`)}`.trim());
  try {
    return await work();
  } finally {
    for (const setting of before) await kept.node(`sysctl -qw ${setting}`);
  }
}

async function measureHaproxy(kept: KeptLab, secondary: string, runs: number, note: Note): Promise<Tuned[]> {
  const all = [asItIs, ...variants].map((variant, index) => ({
    variant,
    index,
    measured: { newConnections: [], keepAlive: [], throughput: [] } as Measured,
  }));
  for (const { variant, index } of all) await withKernel(kept, variant, () => kept.node(start(variant, index)));
  for (let number = 1; number <= runs; number++) {
    note(`${number}: variants of HAProxy's configuration`);
    for (const { variant, index, measured } of shuffled(all))
      await withKernel(kept, variant, async () => {
        const url = `https://${secondary}:${firstPort + index}`;
        await warmUp(`${url}/`, 300, false);
        measured.newConnections.push((await connect(`${url}/`, { count: 1500 })).perSecond);
        await warmUp(`${url}/`, 1500, true);
        measured.keepAlive.push((await keep(`${url}/`, 2)).requestsPerSecond);
        await warmUp(`${url}${bigPage.path}`, 100, true);
        measured.throughput.push((await keep(`${url}${bigPage.path}`, 1)).bytesPerSecond);
      });
  }
  await kept.node(`systemctl stop ${all.map(({ index }) => `bench-variant-${index}.service`).join(" ")}`);
  const [base, ...others] = all;
  return others.map(({ variant: { title }, measured }) => ({
    title,
    newConnections: compare(measured.newConnections, base?.measured.newConnections ?? []),
    keepAlive: compare(measured.keepAlive, base?.measured.keepAlive ?? []),
    throughput: compare(measured.throughput, base?.measured.throughput ?? []),
  }));
}

async function measureBacklog(kept: KeptLab, runs: number, note: Note): Promise<Backlogs> {
  const sides = ["", ",backlog=4096"].map((options, index) => ({
    options,
    port: firstSocatPort + index,
    perSecond: [] as number[],
    p99: [] as number[],
  }));
  for (const { options, port } of sides)
    await kept.node(`systemd-run --quiet --collect --unit=bench-socat-${port} ${plainSocat(port, options)}`);
  for (let number = 1; number <= runs; number++) {
    note(`${number}: a forwarder's backlog`);
    for (const { port, perSecond, p99 } of shuffled(sides)) {
      const url = `http://${addresses.primaryPrivateIp}:${port}/`;
      await warmUp(url, 300, false);
      const run = await connect(url, { clients: bareClients, seconds: 3 });
      perSecond.push(run.perSecond);
      p99.push(run.p99);
    }
  }
  await kept.node(`systemctl stop ${sides.map(({ port }) => `bench-socat-${port}.service`).join(" ")}`);
  const [before, after] = sides;
  if (!before || !after) throw new Error("two sides");
  return {
    before: { perSecond: figure(before.perSecond), p99: figure(before.p99) },
    after: { perSecond: figure(after.perSecond), p99: figure(after.p99) },
    perSecond: compare(after.perSecond, before.perSecond),
    p99: compare(after.p99, before.p99),
  };
}

export async function measureTuning(kept: KeptLab, secondary: string, runs: number, note: Note): Promise<Tuning> {
  return {
    runs,
    haproxy: await measureHaproxy(kept, secondary, runs, note),
    backlog: await measureBacklog(kept, runs, note),
  };
}
