/** A short form of `npm run campaign -- interruptions`. */
import assert from "node:assert/strict";
import { runInterruptions } from "../../lab/campaigns/interruptions/campaign";
import { needsRoot } from "../support/needs";

describe("an installation that is interrupted", function () {
  it("leaves each file as before or as after, the API alone, and nothing that the next run does not tidy up", async function () {
    needsRoot(this);
    const { interruptions, api } = await runInterruptions({ every: 13 }, { apiPort: 443, apiAddress: "127.0.0.1" });
    assert.ok(interruptions.length >= 30, `${interruptions.length} interruptions`);
    assert.deepEqual(
      interruptions.filter(({ broken }) => broken.length > 0),
      [],
    );
    assert.ok(api.sent > 100);
    assert.equal(api.failed, 0, api.failures.join("\n"));
  });
});
