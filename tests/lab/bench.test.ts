/** The short form of `npm run bench`. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { barChart } from "../../lab/campaigns/bench/bars";
import { loadGenerators, parseApacheBench, parseWrk } from "../../lab/campaigns/bench/load";
import { measureHeld, measurePaths } from "../../lab/campaigns/bench/measure";
import { makePaths, type Path, pathsTo } from "../../lab/campaigns/bench/paths";
import { figure, ratio } from "../../lab/campaigns/bench/statistics";
import { type KeptLab, keepLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { stackOutputs } from "../../lab/proof/outputs";
import { installPrograms } from "../../lab/requirements";
import { needsRoot } from "../support/needs";

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

    it("a ratio is taken run by run", () => {
      assert.deepEqual(ratio([10, 40], [10, 20]), { median: 1.5, min: 1, max: 2 });
      assert.equal(figure([3, 1, 2]).median, 2);
    });
  });

  describe("load generators' reports", () => {
    const apacheBench =
      "Complete requests:      3000\nFailed requests:        2\nRequests per second:    1932.29 [#/sec] (mean)\n";
    const wrk =
      "  Latency Distribution\n     50%  250.00us\n     75%    1.00ms\n     99%    1.10s\n  90518 requests in 2.00s, 12.95MB read\n  Socket errors: connect 0, read 1, write 0, timeout 2\nRequests/sec:  45246.35\nTransfer/sec:      6.50MB\n";

    it("are read with their units", () => {
      assert.deepEqual(parseApacheBench(apacheBench, "Percentage served,Time in ms\n50,15.5\n99,26.743\n"), {
        perSecond: 1932.29,
        connections: 3000,
        failed: 2,
        p50: 15.5,
        p99: 26.743,
      });
      assert.deepEqual(parseWrk(wrk), {
        requestsPerSecond: 45246.35,
        bytesPerSecond: 6.5 * 2 ** 20,
        failed: 3,
        p50: 0.25,
        p99: 1100,
      });
      assert.equal(parseWrk(wrk.replace(/.*Socket errors.*\n/, "")).failed, 0);
    });

    it("are refused where a figure is missing", () => {
      assert.throws(() => parseApacheBench(apacheBench, "50,15.5\n"), /expected \^99/);
      assert.throws(() => parseWrk("unable to connect"), /expected .*Requests/);
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
    this.timeout(5 * 60_000);
    let kept: KeptLab;
    let paths: readonly Path[];

    before(async function () {
      needsRoot(this);
      await installPrograms(loadGenerators);
      kept = await keepLab({ apiPort: 8443, apiAddress: "0.0.0.0", plugins: "auto" });
      const { status, stdout, stderr } = await kept.up("prod");
      assert.equal(status, 0, `${stdout}${stderr}`);
      const { secondaryPrivateIp } = await stackOutputs(kept.state.engine.pulumi, "prod");
      await makePaths(kept, secondaryPrivateIp);
      paths = pathsTo(secondaryPrivateIp);
    });
    after(async () => {
      if (kept as KeptLab | undefined) await lab.down();
    });

    it("every path that needs no other forwarder serves under load, and the service in between is counted", async () => {
      const measured = paths.filter(({ forwarder }) => forwarder !== "socket-proxyd");
      const runs = await measurePaths(kept, measured, 1, 1, () => undefined);
      for (const { id, to, unit } of measured) {
        const [run] = runs[id];
        assert.ok(run, id);
        assert.ok(run.connecting.perSecond > 50 && run.keeping.requestsPerSecond > 500, id);
        assert.equal(run.connecting.failed + run.keeping.failed, 0, id);
        assert.equal(run.processor !== undefined && run.processor > 1, unit !== undefined, id);
        assert.ok(to === "application" ? run.loading : run.bare, id);
      }
    });

    it("idle connections stay, streams go on through a reload and a change of the configuration", async () => {
      const ours = paths.filter(({ id }) => id === "secondary");
      const counts = { idle: 201, idleSeconds: 3, idlePerProcess: 150, streams: 100 };
      const { idle, streams, memoryOfThousand } = await measureHeld(kept, ours, counts, () => undefined);
      assert.deepEqual(idle, { asked: 201, seconds: 3, processes: 2, open: 201, alive: 201 });
      assert.deepEqual(streams.afterReload, { open: 100, alive: 100 });
      assert.deepEqual(streams.afterChange, { open: 100, alive: 100 });
      assert.ok((memoryOfThousand.secondary ?? 0) > 0.5);
    });
  });
});
