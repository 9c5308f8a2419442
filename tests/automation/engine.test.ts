import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { setImmediate as turn } from "node:timers/promises";
import { withEngineSlot } from "../../automation/engine";

const places = Math.max(2, availableParallelism());

describe("automation: the engines' places", () => {
  it("are as many as there are processors, are given in order, and come back from whatever happens", async () => {
    const ends: (() => void)[] = [];
    const started: number[] = [];
    const run = (index: number): Promise<void> =>
      withEngineSlot(undefined, () => {
        started.push(index);
        return new Promise((resolve, reject) => ends.push(index % 2 ? resolve : () => reject(new Error("failed"))));
      });
    const runs = Array.from({ length: places + 4 }, (_, index) => run(index).catch((error: Error) => error.message));
    const calledOff = new AbortController();
    const late = withEngineSlot(calledOff.signal, () => assert.fail("it was called off"));
    const last = run(99);
    await turn();
    assert.equal(started.length, places);
    calledOff.abort(new Error("never mind"));
    await assert.rejects(late, /never mind/);
    for (let ended = 0; ended < places + 5; ended += 1) {
      ends[ended]?.();
      await turn();
      assert.ok(started.length - ended - 1 <= places);
    }
    await last;
    assert.deepEqual(started, [...Array.from({ length: places + 4 }, (_, index) => index), 99]);
    assert.ok((await Promise.all(runs)).includes("failed"));
    await assert.rejects(
      withEngineSlot(AbortSignal.abort(new Error("before")), () => assert.fail()),
      /before/,
    );
    assert.equal(await withEngineSlot(undefined, () => Promise.resolve("free again")), "free again");
  });
});
