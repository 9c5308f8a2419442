import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cache } from "../../../lab/build/cache";

describe("cache", () => {
  let root: string;
  let cache: Cache;
  let builds: number;
  const build = async (directory: string): Promise<void> => {
    builds++;
    writeFileSync(join(directory, "engine"), "0123456789");
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "cache-"));
    cache = new Cache(root);
    builds = 0;
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("builds once and returns the same directory after that", async () => {
    const first = await cache.directory("engine", ["1"], build);
    assert.equal(await cache.directory("engine", ["1"], build), first);
    assert.equal(builds, 1);
  });

  it("knows what it holds, and builds nothing to find out", async () => {
    assert.equal(cache.holds("engine", ["1"]), false);
    await cache.directory("engine", ["1"], build);
    assert.deepEqual([cache.holds("engine", ["1"]), cache.holds("engine", ["2"]), builds], [true, false, 1]);
  });

  it("builds once for two who ask at the same time, and nothing beside a build of that name", async () => {
    const [first, second] = await Promise.all([
      cache.directory("engine", ["1"], build),
      cache.directory("engine", ["1"], build),
    ]);
    assert.equal(first, second);
    assert.equal(builds, 1);
    let under = 0;
    const work = async (): Promise<number> => {
      under++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return under--;
    };
    assert.deepEqual(await Promise.all([cache.alone("apt-get", work), cache.alone("apt-get", work)]), [1, 1]);
  });

  it("builds anew when what it is made from changes, and drops the old one", async () => {
    const first = await cache.directory("engine", ["1"], build);
    const second = await cache.directory("engine", ["2"], build);
    assert.notEqual(second, first);
    assert.equal(builds, 2);
  });

  it("keeps what has a longer name", async () => {
    const longer = await cache.directory("engine-room", ["1"], build);
    await cache.directory("engine", ["1"], build);
    assert.equal(await cache.directory("engine-room", ["1"], build), longer);
    assert.equal(builds, 2);
  });

  for (const [damage, doIt] of Object.entries({
    "a file cut in half": (directory: string) => truncateSync(join(directory, "engine"), 5),
    "a missing file": (directory: string) => unlinkSync(join(directory, "engine")),
    "a file too many": (directory: string) => writeFileSync(join(directory, "more"), ""),
    "a missing seal": (directory: string) => unlinkSync(`${directory}.seal`),
    "a seal cut in half": (directory: string) => truncateSync(`${directory}.seal`, 5),
  })) {
    it(`rebuilds after ${damage}`, async () => {
      const directory = await cache.directory("engine", ["1"], build);
      doIt(directory);
      assert.equal(await cache.directory("engine", ["1"], build), directory);
      assert.equal(builds, 2);
      assert.equal(readFileSync(join(directory, "engine"), "utf8"), "0123456789");
    });
  }

  it("does not trust a build that was cut short", async () => {
    await assert.rejects(
      cache.directory("engine", ["1"], async (directory) => {
        await build(directory);
        throw new Error("killed");
      }),
      /killed/,
    );
    const directory = await cache.directory("engine", ["1"], build);
    assert.equal(builds, 2);
    assert.deepEqual(readdirSync(directory), ["engine"]);
    assert.equal(
      readdirSync(root).some((name) => name.endsWith(".partial")),
      false,
    );
  });
});
