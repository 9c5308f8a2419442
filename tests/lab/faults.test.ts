/** A short form of `npm run campaign -- faults`: both kinds of node, with the light stand-ins. */
import assert from "node:assert/strict";
import { kinds, runFaults } from "../../lab/campaigns/faults/campaign";
import { judge } from "../../lab/campaigns/faults/scenario";
import { needsRoot } from "../support/needs";

/** Each kind's quick ones in which nothing may fail, and one that must be repaired. */
const chosen = /^(install|config change|nft flush ruleset|destroy|moved: (forwarder switch|30 edits|edited again).*)$/;

describe("faults", function () {
  it("leave the API alone, and the application where nothing is done to it", async function () {
    needsRoot(this);
    const results = await runFaults({ chosen: (name) => chosen.test(name) });
    assert.equal(results.length, 7);
    assert.deepEqual(
      results.filter(({ broken }) => broken.length > 0),
      [],
    );
  });

  it("are judged: a failed request is one too many where none may fail", () => {
    const scenario = kinds[0].scenarios.find(({ name }) => name === "config change");
    assert.ok(scenario);
    const count = (failed: number) => ({
      sent: 100,
      failed,
      longestOutage: failed * 50,
      strangers: 0,
      lastFailure: 0,
      p99: 0,
      failures: [],
    });
    assert.deepEqual(judge(scenario, { api: count(0), app: count(0) }), []);
    assert.deepEqual(judge(scenario, { api: count(1), app: count(0) }), ["failed requests to the API: 1, 0 at most"]);
    assert.deepEqual(judge(scenario, { api: { ...count(0), sent: 0 }, app: count(0) }), [
      "nothing was asked of the API",
    ]);
  });
});
