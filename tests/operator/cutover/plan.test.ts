import assert from "node:assert/strict";
import type { Authority } from "../../../operator/cutover/authority";
import { planCutOver, planLowerTtl, planRollback } from "../../../operator/cutover/plan";
import type { DnsRecord } from "../../../outputs/records";
import type { RecordSet } from "../../../dns/recordSets";

const app: DnsRecord = { name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.10"] };
const old: RecordSet = { ...app, ttl: 3600, values: ["192.0.2.9"] };
const alias: RecordSet = {
  ...app,
  values: ["lb.example.net."],
  alias: { hostedZoneId: "Z1", evaluateTargetHealth: false },
};
const holding = (...sets: RecordSet[]): Authority => ({
  title: "a zone",
  read: async (names) => sets.filter(({ name }) => names.includes(name)),
  change: async () => assert.fail("a plan changes nothing"),
});

describe("cut-over plan", () => {
  it("says how long the old address is still asked, and how to make that shorter", async () => {
    const { changes, advice } = await planCutOver(holding(old), [app]);
    assert.deepEqual(changes, [{ before: old, after: app }]);
    assert.equal(advice.length, 1);
    assert.match(advice[0] ?? "", /keep 192\.0\.2\.9 for up to 3600 s .*--lower-ttl.* 3600 s later/);
    const short = await planCutOver(holding({ ...old, ttl: 60 }), [app]);
    assert.match(short.advice.join(), /for up to 60 s after the change; keep it answering until then\.$/);
    const balanced = await planCutOver(holding(alias), [app]);
    assert.doesNotMatch(balanced.advice.join(), /lower-ttl/);
  });

  it("has nothing to say where nothing was, or all is as wanted", async () => {
    assert.deepEqual(await planCutOver(holding(), [app]), { changes: [{ after: app }], advice: [] });
    assert.deepEqual(await planCutOver(holding(app), [app]), { changes: [], advice: [] });
  });

  it("lowers the TTL of what is there, and of nothing else", async () => {
    const { changes, advice } = await planLowerTtl(holding(old), [app]);
    assert.deepEqual(changes, [{ before: old, after: { ...old, ttl: 60 } }]);
    assert.match(advice.join(), /Cut over in 3600 s or later/);
    for (const sets of [[], [{ ...old, ttl: 30 }], [alias]])
      assert.deepEqual(await planLowerTtl(holding(...sets), [app]), { changes: [], advice: [] });
  });

  it("goes back the same way", () => {
    const { changes, advice } = planRollback([
      { before: old, after: app },
      { after: { ...app, name: "new.example.com." } },
    ]);
    assert.deepEqual(changes, [{ before: app, after: old }, { before: { ...app, name: "new.example.com." } }]);
    assert.equal(advice.length, 2);
  });
});
