/** The short form of `npm run campaign -- failovers`: faults of a worker, once each; for one that is lost it is as for one that is frozen. */
import assert from "node:assert/strict";
import { failOver, putBehindBalancer } from "../../lab/campaigns/failovers/campaign";
import { faults } from "../../lab/campaigns/failovers/faults";
import { type KeptLab, keepLab } from "../../lab/keptLab";
import { lab } from "../../lab/lab";
import { needsRoot } from "../support/needs";

describe("a worker behind the load balancer", function () {
  let kept: KeptLab;

  before(async function () {
    needsRoot(this);
    kept = await keepLab({ apiPort: 443, apiAddress: "127.0.0.1", plugins: "auto", nodes: 3 });
    await putBehindBalancer(kept);
  });
  after(async () => {
    if (kept as KeptLab | undefined) await lab.down();
  });

  for (const [index, fault] of faults.filter(({ id }) => id !== "lost").entries())
    it(`${fault.name}: requests fail for ${fault.allowed} s at most, the API's never`, async () => {
      assert.deepEqual((await failOver(kept, fault, 1 + (index % 2))).broken, []);
    });
});
