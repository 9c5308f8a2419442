/** The arithmetic of rules against AWS's quota, and what a stack does about it before anything is made. */
import assert from "node:assert/strict";
import { mock } from "node:test";
import fc from "fast-check";
import { rulesFor } from "../../components/aws/quotas";
import { checkRules } from "../../components/rulesQuota";
import { record, world } from "./mocks";

const range = fc.tuple(fc.nat(255), fc.nat(255)).map(([one, other]) => `10.${one}.${other}.0/24`);
const ranges = (count: number): string[] => Array.from({ length: count }, (_, index) => `10.0.${index}.0/24`);

describe("the quota of rules in a security group", function () {
  const check = async (cidrs: readonly string[], rulesQuota?: number): Promise<string[]> => {
    const recording = await record(world(rulesQuota === undefined ? {} : { rulesQuota }));
    await checkRules(cidrs, {});
    return recording.calls;
  };

  it("counts a rule for each distinct range and port", () => {
    fc.assert(
      fc.property(fc.array(range), fc.array(fc.nat()), (list, picks) => {
        const repeated = [...list, ...picks.flatMap((pick) => list[pick % list.length] ?? [])].reverse();
        const distinct = new Set(list).size;
        assert.equal(rulesFor(repeated), 2 * distinct);
        assert.equal(rulesFor([...list, "192.0.2.1", "192.0.2.1/32"]), 2 * distinct + 2);
      }),
    );
  });

  it("is not asked for as long as every account has room", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 30 }), async (count) => {
        assert.deepEqual(await check(ranges(count)), []);
      }),
      { numRuns: 10 },
    ));

  it("is asked for beyond, and a list is refused exactly where it does not fit", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 31, max: 120 }), fc.integer({ min: 60, max: 200 }), async (count, most) => {
        if (2 * count <= most) assert.equal((await check(ranges(count), most)).length, 1);
        else
          await assert.rejects(
            check(ranges(count), most),
            new RegExp(
              `allowedCidrs: expected at most the ${most} rules .*, found ${count} ranges on 2 ports, which are ${2 * count} rules: join ranges, or .*` +
                `request-service-quota-increase --service-code vpc --quota-code L-0EA8095F --desired-value ${2 * count}\\. Nothing was changed`,
            ),
          );
      }),
      { numRuns: 20 },
    ));

  it("is warned of if the principal may not ask", async () => {
    const written = mock.method(console, "error", () => undefined);
    const warned = mock.method(console, "warn", () => undefined);
    try {
      assert.equal((await check(ranges(31))).length, 1);
      const said = [...written.mock.calls, ...warned.mock.calls].flatMap((call) => call.arguments as string[]).join();
      assert.match(said, /which are 62 rules; a security group may have 60 unless AWS has granted more.*L-0EA8095F/);
    } finally {
      mock.restoreAll();
    }
  });
});
