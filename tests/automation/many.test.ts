/**
 * Many stacks in one process: 4 in CI, and as many as one likes with `STACKS=50 npm test -- --grep 'many stacks'`.
 * Says how much memory this process and everything that it started took at the most.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { openStack } from "../../automation";
import type { LoopbackEngine } from "../support/engine";
import { needsEngine } from "../support/needs";

const count = Number(process.env["STACKS"] ?? 4);
const enginesAtOnce = Math.max(2, availableParallelism());

interface Process {
  parent: Process | undefined;
  name: string;
  /** Resident, MiB; pages that processes share are counted in each. */
  memory: number;
}

/** Everything below this process. */
function descendants(): Process[] {
  const all = new Map<number, Process & { parentPid: number }>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1] ?? "";
      all.set(Number(pid), {
        parent: undefined,
        parentPid: Number(field("PPid")),
        name: field("Name"),
        memory: Number(field("VmRSS")) / 1024,
      });
    } catch {
      // It has ended meanwhile.
    }
  }
  for (const each of all.values()) each.parent = all.get(each.parentPid);
  const here = all.get(process.pid);
  const isBelow = ({ parent }: Process): boolean => parent !== undefined && (parent === here || isBelow(parent));
  return [...all.values()].filter(isBelow);
}

/** A plugin is an engine's child, and of its name until it has become another program; an ended engine has no memory. */
const isEngine = ({ name, memory, parent }: Process): boolean =>
  name === "pulumi" && memory > 0 && parent?.name !== name;

describe("automation: many stacks", function () {
  let engine: LoopbackEngine;
  before(async function () {
    if (process.platform !== "linux") this.skip();
    engine = await needsEngine(this);
  });
  after(() => engine?.stop());

  it(`previews ${count} of them at once in bounded memory`, async () => {
    const names = Array.from({ length: count }, (_, index) => `many-${index}`);
    for (const name of names) await engine.addStack(name);
    const peak = { engines: 0, below: 0, here: 0 };
    const look = setInterval(() => {
      const below = descendants();
      peak.engines = Math.max(peak.engines, below.filter(isEngine).length);
      peak.below = Math.max(
        peak.below,
        below.reduce((sum, { memory }) => sum + memory, 0),
      );
      peak.here = Math.max(peak.here, process.memoryUsage().rss / 1024 ** 2);
    }, 250);
    const heap = process.memoryUsage().heapUsed / 1024 ** 2;
    const started = Date.now();
    try {
      const stacks = await Promise.all(
        names.map((stack) =>
          openStack({
            stack,
            workDir: engine.project,
            backendUrl: engine.backendUrl,
            env: engine.env,
            pulumiHome: engine.pulumiHome,
            pulumiRoot: engine.pulumiRoot,
          }),
        ),
      );
      const previews = await Promise.all(stacks.map((stack) => stack.preview()));
      assert.deepEqual(new Set(previews.map(({ created }) => created.length)), new Set([5]));
    } finally {
      clearInterval(look);
    }
    const seconds = (Date.now() - started) / 1000;
    const shown = Object.entries(peak).map(([name, value]) => `${name} ${value.toFixed(0)}`);
    console.log(`      ${count} stacks, ${seconds.toFixed(0)} s; peaks (MiB for memory): ${shown.join(", ")}`);
    assert.ok(peak.engines <= enginesAtOnce, `${peak.engines} engines at once`);
    assert.ok(peak.below < enginesAtOnce * 1000, `${peak.below} MiB in engines, programs and plugins`);
    global.gc?.();
    const grown = process.memoryUsage().heapUsed / 1024 ** 2 - heap;
    assert.ok(grown < 60 + count, `heap grew by ${grown} MiB`);
  });
});
