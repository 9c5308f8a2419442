/** The short form of `npm run campaign -- replacements` and of `npm run campaign -- interleavings`, on one lab. */
import assert from "node:assert/strict";
import { interleave, sequences } from "../../lab/campaigns/interleavings/campaign";
import { replaceOnce } from "../../lab/campaigns/replacements/campaign";
import { onProdLab } from "../support/prodLab";

describe("what happens to a stack", function () {
  const kept = onProdLab();

  it("a replaced node: one up moves everything, and the public address stays", async () => {
    assert.deepEqual((await replaceOnce(kept())).broken, []);
  });

  // Of seed 1: among them are a replaced instance, somebody's Elastic IP, a stolen address and a detached group.
  for (const steps of sequences(1, 13).filter((_steps, index) => index === 5 || index === 12)) {
    it(`${steps.map(([name]) => name).join(", ")}: one up makes all right, destroy leaves nothing`, async () => {
      assert.deepEqual((await interleave(kept(), steps)).broken, []);
    });
  }

  it("the same seed gives the same interleavings", () => {
    assert.deepEqual(sequences(7, 20), sequences(7, 20));
    assert.notDeepEqual(sequences(7, 20), sequences(8, 20));
  });
});
