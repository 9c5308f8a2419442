/** The short form of `npm run bench`. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { barChart } from "../../lab/campaigns/bench/bars";
import { withEffort } from "../../lab/campaigns/bench/effort";
import { type Bench, benchOf } from "../../lab/campaigns/bench/figures";
import { type Connecting, type Keeping, type Loaded, loadGenerators, parseApacheBench, parseWrk } from "../../lab/campaigns/bench/load"; // prettier-ignore
import { measureHeld } from "../../lab/campaigns/bench/manyConnections";
import { inTurn, measurePaths, type PathRun } from "../../lab/campaigns/bench/measure";
import { fewestRuns, performancePage } from "../../lab/campaigns/bench/page";
import { makePaths, type Path, type PathId, pathsTo } from "../../lab/campaigns/bench/paths";
import type { Up } from "../../lab/campaigns/bench/program";
import { missed, promisesOf } from "../../lab/campaigns/bench/promises";
import { compare, figure, shuffled, verdict } from "../../lab/campaigns/bench/statistics";
import { type KeptLab, keepLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { repositoryRoot, typescript } from "../../lab/paths";
import { run } from "../../lab/process";
import { stackOutputs } from "../../lab/proof/outputs";
import { installPrograms } from "../../lab/requirements";
import { needsRoot } from "../support/needs";

/** What a run of a path that makes so much comes to. */
interface Made {
  connections: number;
  p99: number;
  bare: number;
  bareP99: number;
  requests: number;
  bytes: number;
}

const effort = { client: 0.95, machine: 0.8 };

function runOf({ connections, p99, bare, bareP99, requests, bytes }: Made): PathRun {
  const connecting = (perSecond: number, slowest: number): Loaded<Connecting> => ({
    perSecond,
    connections: 3000,
    failed: 1,
    refused: 0,
    p50: 5,
    p99: slowest,
    effort,
  });
  const keeping = (requestsPerSecond: number, bytesPerSecond: number): Loaded<Keeping> => ({
    requestsPerSecond,
    bytesPerSecond,
    failed: 10,
    refused: 0,
    p50: 0.5,
    p99: 2,
    effort,
  });
  return {
    connecting: connecting(connections, p99),
    bare: connecting(bare, bareP99),
    keeping: keeping(requests, 1000),
    loading: keeping(100, bytes),
  };
}

/** Rates that are told apart, whichever two are divided; each kept promise is kept clearly. */
const made: Record<PathId, Made> = {
  nodePort: { connections: 2000, p99: 20, bare: 20_000, bareP99: 5, requests: 100_000, bytes: 2e9 },
  secondary: { connections: 1800, p99: 30, bare: 16_000, bareP99: 6, requests: 60_000, bytes: 1e9 },
  handMade: { connections: 1500, p99: 40, bare: 8000, bareP99: 7, requests: 40_000, bytes: 8e8 },
  nftOnly: { connections: 1900, p99: 25, bare: 19_000, bareP99: 8, requests: 90_000, bytes: 15e8 },
  api: { connections: 2100, p99: 21, bare: 25_000, bareP99: 4, requests: 110_000, bytes: 1 },
  apiSocketProxyd: { connections: 1600, p99: 35, bare: 12_000, bareP99: 50, requests: 50_000, bytes: 1 },
  apiWithoutDnat: { connections: 1700, p99: 33, bare: 15_000, bareP99: 45, requests: 51_000, bytes: 1 },
  apiSocat: { connections: 1200, p99: 45, bare: 3300, bareP99: 200, requests: 30_000, bytes: 1 },
  apiHandMade: { connections: 800, p99: 1020, bare: 3000, bareP99: 1000, requests: 32_000, bytes: 1 },
};

const alike = { median: 1, min: 0.95, max: 1.05, ofMedians: 1 };
const upOf = (seconds: number, sshLogins: number, awsCalls: number): Up => ({ seconds, sshLogins, awsCalls });

/** A bench that keeps every binding promise, with one thing changed. */
function benchWith(
  change: { paths?: Partial<Record<PathId, Partial<Made>>>; bench?: (bench: Bench) => void } = {},
): Bench {
  const drift = [1, 0.9, 1.1, 1, 1.2];
  const paths = Object.fromEntries(
    Object.entries(made).map(([id, figures]) => [
      id,
      drift.map((speed) => {
        const { connections, p99, bare, bareP99, requests, bytes } = { ...figures, ...change.paths?.[id as PathId] };
        return runOf({
          connections: connections * speed,
          p99: p99 / speed,
          bare: bare * speed,
          bareP99: bareP99 / speed,
          requests: requests * speed,
          bytes: bytes * speed,
        });
      }),
    ]),
  ) as Record<PathId, PathRun[]>;
  const held = { open: 1000, alive: 1000 };
  const side = { perSecond: figure([3000]), p99: figure([1000]) };
  const bench = benchOf({
    machine: { processors: 2, model: "A Processor", memoryBytes: 24 * 2 ** 30 },
    versions: { haproxy: "2.6.12", wrk: "4.1.0" },
    paths,
    tuning: {
      runs: 5,
      haproxy: [{ title: "one thread", newConnections: alike, keepAlive: { ...alike, max: 1.2 }, throughput: alike }],
      backlog: { before: side, after: side, perSecond: alike, p99: { ...alike, min: 0.03, max: 0.05 } },
    },
    held: {
      idle: { asked: 10_000, seconds: 70, processes: 2, open: 10_000, alive: 10_000 },
      memoryOfThousand: { secondary: 3 },
      memoryOfIdle: 30,
      streams: { asked: 1000, afterReload: held, afterChange: held, workers: [10, 20, 30] },
    },
    program: {
      previews: { empty: [2, 2], emptyUnchecked: [1, 1], dev: [2.2, 2.2], prod: [2.8, 2.8] },
      unchanged: {
        empty: [2, 2],
        emptyUnchecked: [1, 1],
        dev: [upOf(2, 0, 3), upOf(2, 0, 3)],
        prod: [upOf(4, 0, 5), upOf(4, 0, 5)],
      },
      first: { dev: upOf(3, 0, 11), prod: upOf(10, 20, 41), bothUrls: 14 },
    },
  });
  change.bench?.(bench);
  return bench;
}

const titles = (bench: Bench): string[] => missed(bench).map(({ title }) => title);

describe("bench", function () {
  describe("statistics", () => {
    const values = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 });

    it("the median lies between least and most, with as many below as above", () => {
      fc.assert(
        fc.property(values, (list) => {
          const { median, min, max } = figure(list);
          assert.ok(min <= median && median <= max);
          assert.equal(Math.min(...list), min);
          assert.equal(Math.max(...list), max);
          assert.ok(list.filter((value) => value < median).length <= list.length / 2);
          assert.ok(list.filter((value) => value > median).length <= list.length / 2);
        }),
      );
    });

    it("a ratio is taken run by run, and of the medians", () => {
      assert.deepEqual(compare([10, 40], [10, 20]), { median: 1.5, min: 1, max: 2, ofMedians: 25 / 15 });
      assert.equal(figure([3, 1, 2]).median, 2);
    });

    it("a spread that crosses a tenth more or less decides nothing", () => {
      const of = (min: number, max: number): typeof alike => ({ ...alike, min, max });
      assert.equal(verdict(of(0.9, 1.1)), "no difference");
      assert.equal(verdict(of(0.89, 1.05)), "undecided");
      assert.equal(verdict(of(0.95, 1.11)), "undecided");
      assert.equal(verdict(of(1.05, 1.5)), "undecided");
      assert.equal(verdict(of(1.11, 1.5)), "gains");
      assert.equal(verdict(of(0.5, 0.89)), "loses");
      assert.equal(verdict(of(0.5, 0.89), "less"), "gains");
      assert.equal(verdict(of(1.11, 1.5), "less"), "loses");
    });
  });

  describe("order", () => {
    const lots = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));

    it("is by lot, leaves nothing out, and changes the forwarder no more than needed", () => {
      const all = pathsTo("172.20.32.4");
      fc.assert(
        fc.property(lots, (stream) => {
          const order = inTurn(all, () => stream.next().value as number);
          assert.deepEqual(new Set(order), new Set(all));
          const forwarders = order.map(({ forwarder }) => forwarder).filter((each, at, list) => each !== list[at - 1]);
          assert.equal(forwarders.length, new Set(forwarders).size);
        }),
      );
      let falling = 1;
      assert.deepEqual(inTurn(all, () => (falling -= 0.01))[0], all.at(-1));
      const lot = [0.3, 0.1, 0.2];
      assert.deepEqual(
        shuffled(["a", "b", "c"], () => lot.shift() ?? 0),
        ["b", "c", "a"],
      );
    });
  });

  describe("load generators' reports", () => {
    const apacheBench =
      "Complete requests:      3000\nFailed requests:        2\nNon-2xx responses:      7\nRequests per second:    1932.29 [#/sec] (mean)\n";
    const wrk =
      "  Latency Distribution\n     50%  250.00us\n     75%    1.00ms\n     99%    1.10s\n  90518 requests in 2.00s, 12.95MB read\n  Socket errors: connect 0, read 1, write 0, timeout 2\n  Non-2xx or 3xx responses: 9\nRequests/sec:  45246.35\nTransfer/sec:      6.50MB\n";

    it("are read with their units", () => {
      assert.deepEqual(parseApacheBench(apacheBench, "Percentage served,Time in ms\n50,15.5\n99,26.743\n"), {
        perSecond: 1932.29,
        connections: 3000,
        failed: 2,
        refused: 7,
        p50: 15.5,
        p99: 26.743,
      });
      assert.deepEqual(parseWrk(wrk), {
        requestsPerSecond: 45246.35,
        bytesPerSecond: 6.5 * 2 ** 20,
        failed: 3,
        refused: 9,
        p50: 0.25,
        p99: 1100,
      });
      const clean = parseWrk(wrk.replace(/.*(Socket errors|Non-2xx).*\n/g, ""));
      assert.equal(clean.failed + clean.refused, 0);
    });

    it("are refused where a figure is missing", () => {
      assert.throws(() => parseApacheBench(apacheBench, "50,15.5\n"), /expected \^99/);
      assert.throws(() => parseWrk("unable to connect"), /expected .*Requests/);
    });
  });

  it("a client's processor time is that of the programs started", async () => {
    const busy = await withEffort(() => run("sh", ["-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"]));
    const idle = await withEffort(() => run("sleep", ["0.5"]));
    const [some, none] = [busy.effort.client, idle.effort.client];
    assert.ok(some > 0.01 && some > 3 * none, `${some} and ${none}: the machine may be busy, but not with these`);
    for (const { effort } of [busy, idle]) assert.ok(effort.machine >= 0 && effort.machine <= 1);
  });

  describe("figures", () => {
    const near = (found: number, expected: number): void => {
      assert.ok(Math.abs(found - expected) < 1e-9, `${found} is not ${expected}`);
    };

    it("ratios are plain numbers, ours on secondary:443 against the NodePort, with their spreads beside", () => {
      const { ratios, spreads } = benchWith();
      assert.deepEqual(Object.keys(ratios), ["newConnections", "p99", "keepAlive", "throughput"]);
      near(ratios.newConnections, 0.9);
      near(ratios.p99, 1.5);
      near(ratios.keepAlive, 0.6);
      near(ratios.throughput, 0.5);
      for (const name of ["newConnections", "p99", "keepAlive", "throughput"] as const) {
        assert.equal(spreads[name].median, ratios[name]);
        near(spreads[name].ofMedians, ratios[name]);
      }
    });

    it("comparisons are of what their names say", () => {
      const { comparisons } = benchWith();
      const expected: Record<keyof typeof comparisons, number> = {
        bareConnectionsToNodePort: 0.8,
        newConnectionsToHandMade: 1.2,
        p99ToHandMade: 0.75,
        keepAliveToHandMade: 1.5,
        throughputToHandMade: 1.25,
        bareConnectionsToHandMade: 2,
        apiBareSocketProxydToHandMade: 4,
        apiBareP99SocketProxydToHandMade: 0.05,
        apiNewConnectionsSocketProxydToHandMade: 2,
        apiBareSocatToHandMade: 1.1,
        apiBareP99SocatToHandMade: 0.2,
        apiNewConnectionsSocatToHandMade: 1.5,
        apiDnatHop: 0.8,
        previewDevToEmpty: 1.1,
        previewProdToEmpty: 1.4,
        previewDevToEmptyUnchecked: 2.2,
        previewProdToEmptyUnchecked: 2.8,
        unchangedDevToEmpty: 1,
        unchangedProdToEmpty: 2,
      };
      for (const [name, value] of Object.entries(expected))
        near(comparisons[name as keyof typeof comparisons].median, value);
    });

    it("failures of every load count", () => {
      const [nodePort] = benchWith().paths;
      assert.equal(nodePort?.failed, 5 * (1 + 1 + 10 + 10));
    });
  });

  describe("promises", () => {
    it("are kept by good figures, and socat's own miss is told without failing the whole", () => {
      const bench = benchWith();
      assert.deepEqual(titles(bench), []);
      const told = promisesOf(bench).filter(({ kept }) => !kept);
      assert.deepEqual(
        told.map(({ title }) => title),
        [
          "API by socat, against plain socat: connections without TLS",
          "API by socat, against plain socat: p99 of the same load",
        ],
      );
    });

    const worse: readonly [string, Partial<Record<PathId, Partial<Made>>>][] = [
      ["new TLS connections, secondary:443 against the NodePort", { nodePort: { connections: 2500 } }],
      ["p99 of new TLS connections, against the NodePort", { nodePort: { p99: 14 } }],
      ["requests on kept connections, against the NodePort", { nodePort: { requests: 121_000 } }],
      ["new TLS connections, against HAProxy bound by hand", { handMade: { connections: 1870 } }],
      ["p99 of new TLS connections, against HAProxy bound by hand", { handMade: { p99: 27 } }],
      ["requests on kept connections, against HAProxy bound by hand", { handMade: { requests: 62_000 } }],
      ["throughput of 1 MiB pages, against HAProxy bound by hand", { handMade: { bytes: 104e7 } }],
      ["connections without TLS, against HAProxy bound by hand", { handMade: { bare: 16_600 } }],
      ["API by socket-proxyd, against plain socat: connections without TLS", { apiHandMade: { bare: 4100 } }],
      ["API by socket-proxyd, against plain socat: p99 of the same load", { apiSocketProxyd: { bareP99: 110 } }],
    ];
    for (const [title, paths] of worse)
      it(`broken: ${title}`, () => {
        assert.deepEqual(titles(benchWith({ paths })), [title]);
      });

    const broken: readonly [string, (bench: Bench) => void][] = [
      ["`pulumi preview` of dev, against an empty program", ({ comparisons }) => (comparisons.previewDevToEmpty.median = 1.26)],
      ["`pulumi preview` of prod, against an empty program", ({ comparisons }) => (comparisons.previewProdToEmpty.median = 1.51)],
      ["idle connections that are open and answer in the end", ({ held }) => (held.idle.alive = 9999)],
      ["streams that go on through a reload and a change of the configuration", ({ held }) => (held.streams.afterChange = { open: 1000, alive: 999 })],
      ["streams that go on through a reload and a change of the configuration", ({ held }) => (held.streams.workers = [10, 20, 20])],
      ["first `pulumi up` of prod (measured once)", ({ program }) => (program.first.prod.seconds = 30.1)],
      ["SSH connections of a `pulumi up` of prod that changes nothing", ({ program }) => (program.unchanged.prod = [upOf(4, 0, 5), upOf(4, 1, 5)])],
    ]; // prettier-ignore
    for (const [title, change] of broken)
      it(`broken otherwise: ${title}`, () => {
        assert.deepEqual(titles(benchWith({ bench: change })), [title]);
      });
  });

  describe("the page", () => {
    const page = performancePage(benchWith());

    it("prints what is missed in bold, and says which forwarder keeps its limits", () => {
      const row = (title: string, text = page): string =>
        text.split("\n").find((line) => line.startsWith(`| ${title}`)) ?? "";
      assert.match(row("API by socat, against plain socat: connections without TLS"), /\| \*\*1\.10 /);
      assert.doesNotMatch(row("API by socket-proxyd, against plain socat: connections without TLS"), /\*\*/);
      assert.match(page, /`socket-proxyd` meets both limits; `socat` does not meet both limits/);
      const slow = performancePage(benchWith({ paths: { apiSocketProxyd: { bare: 8000 } } }));
      assert.match(row("API by socket-proxyd, against plain socat: connections without TLS", slow), /\*\*2\.67 /);
      assert.match(slow, /`socket-proxyd` does not meet both limits/);
      for (const text of [page, slow]) assert.match(text, /set `apiForwarder: socket-proxyd`/);
      const slowest = performancePage(benchWith({ paths: { apiSocketProxyd: { bare: 3000 } } }));
      assert.doesNotMatch(slowest, /set `apiForwarder: socket-proxyd`/);
    });

    it("says where the two statistics are on different sides of a limit", () => {
      assert.doesNotMatch(page, /\d \(too close\)/);
      const close = performancePage(benchWith({ bench: ({ spreads }) => (spreads.keepAlive.ofMedians = 0.49) }));
      assert.match(
        close,
        /\| requests on kept connections, against the NodePort \| 0\.60 [^|]*\| 0\.49 \(too close\) \|/,
      );
    });

    it("calls a ratio that the client limits an upper bound", () => {
      assert.match(page, /client is the limit for new TLS connections .*upper bounds/);
      const free = benchWith({
        bench: ({ paths }) => {
          for (const { client } of paths) client.connecting = client.bare = client.keeping = figure([0.5]);
        },
      });
      assert.match(performancePage(free), /the client is never the limit/);
    });

    it("calls a setting undecided where its spread says nothing, and a single measurement single", () => {
      assert.match(page, /one thread \| [^|]*no difference \| [^|]*undecided \| /);
      assert.match(page, /first `pulumi up`, measured once/);
      assert.match(page, /its calls to AWS \| 11 \| 41/);
      assert.doesNotMatch(page, /NaN|undefined/);
    });

    it("is not written from too few runs", () => {
      const { status, stderr } = spawnSync(
        process.execPath,
        [...typescript, "lab/campaigns/bench.ts", "--runs", `${fewestRuns - 1}`],
        { cwd: repositoryRoot, encoding: "utf8" },
      );
      assert.equal(status, 1);
      assert.match(stderr, /expected at least 5 runs for docs\/performance\.md, found 4/);
    });
  });

  it("a chart is SVG with a bar for each path, as long as its median", () => {
    const bars = [
      { label: "a <b>", figure: { median: 50, min: 40, max: 100 }, ours: true },
      { label: "c", figure: { median: 100, min: 100, max: 100 }, ours: false },
    ];
    const svg = barChart("New & old", "/s", bars);
    assert.deepEqual(
      [...svg.matchAll(/<rect x="\d+" y="\d+" width="(\d+)"/g)].map(([, width]) => Number(width)),
      [200, 400],
    );
    assert.match(svg, /New &amp; old/);
    assert.match(svg, /a &lt;b>/);
  });

  describe("on a node", function () {
    let kept: KeptLab;
    let paths: readonly Path[];

    before(async function () {
      needsRoot(this);
      await installPrograms(loadGenerators);
      kept = await keepLab({ apiPort: 8443, apiAddress: "0.0.0.0", plugins: "auto" });
      const { status, stdout, stderr } = await kept.up("prod");
      assert.equal(status, 0, `${stdout}${stderr}`);
      const { secondaryPrivateIp } = await stackOutputs("prod");
      await makePaths(kept, secondaryPrivateIp);
      paths = pathsTo(secondaryPrivateIp);
    });
    after(async () => {
      if (kept as KeptLab | undefined) await lab.down();
    });

    it("every path that needs no other forwarder serves under load, and the service in between is counted", async () => {
      const measured = paths.filter(({ forwarder }) => forwarder !== "socket-proxyd");
      const short = { connecting: 1, bare: 1, keeping: 1, loading: 1 };
      const runs = await measurePaths(kept, measured, 1, { application: short, API: short }, () => undefined);
      for (const { id, to, unit } of measured) {
        const [run] = runs[id];
        assert.ok(run, id);
        // How fast, the benchmark says.
        assert.ok(run.connecting.perSecond > 0 && run.keeping.requestsPerSecond > 0 && run.bare.perSecond > 0, id);
        assert.equal(run.connecting.failed + run.bare.failed + run.keeping.failed + (run.loading?.failed ?? 0), 0, id);
        assert.equal(run.processor !== undefined && run.processor > 1, unit !== undefined, id);
        assert.equal(run.loading !== undefined, to === "application", id);
        assert.ok(run.connecting.effort.client > 0.05 && run.connecting.effort.client < 1.2, id);
      }
    });

    it("other answers than the application's pages are not measured", async () => {
      const [nodePort] = paths;
      assert.ok(nodePort);
      await kept.node("mv /srv/bench/big /srv/bench/away");
      const short = { connecting: 0.1, bare: 1, keeping: 1, loading: 1 };
      await assert.rejects(
        measurePaths(kept, [nodePort], 1, { application: short, API: short }, () => undefined),
        /NodePort, direct: expected the application's pages, found \d+ other answers/,
      );
      await kept.node("mv /srv/bench/away /srv/bench/big");
    });

    it("idle connections stay, streams go on through a reload and a change of the configuration", async () => {
      const ours = paths.filter(({ id }) => id === "secondary");
      const counts = { idle: 201, idleSeconds: 3, idlePerProcess: 150, streams: 100 };
      const { idle, streams, memoryOfThousand } = await measureHeld(kept, ours, counts, () => undefined);
      assert.deepEqual(idle, { asked: 201, seconds: 3, processes: 2, open: 201, alive: 201 });
      assert.deepEqual(streams.afterReload, { open: 100, alive: 100 });
      assert.deepEqual(streams.afterChange, { open: 100, alive: 100 });
      assert.equal(new Set(streams.workers).size, 3, `each by a new worker: ${streams.workers.join(", ")}`);
      assert.ok((memoryOfThousand.secondary ?? 0) > 0.5);
    });
  });
});
