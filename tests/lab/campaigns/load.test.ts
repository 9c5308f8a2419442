import assert from "node:assert/strict";
import { judge } from "../../../lab/campaigns/load/campaign";
import type { Measured } from "../../../lab/campaigns/load/measure";

describe("campaign load", () => {
  const rest: Measured["api"] = { asked: 1500, failed: 0, p99: 20 };
  const good: Measured = { api: { asked: 1000, failed: 0, p99: 60 }, ssh: 1.5, killed: [], back: 5, tracked: 100_000 };

  it("passes a load at each of its limits", () => {
    assert.deepEqual(judge(rest, good), []);
  });

  for (const [what, change, says] of [
    ["too few requests to the API", { api: { ...good.api, asked: 999 } }, "999 requests to the API, 1000 at least"],
    ["a request that failed", { api: { ...good.api, failed: 1 } }, "1 of 1000 requests to the API failed"],
    ["a slow API", { api: { ...good.api, p99: 61 } }, "p99 of the API: 61 ms, 20 ms at rest"],
    ["no login", { ssh: undefined }, "SSH did not log in"],
    ["a program that ended", { killed: ["etcd 12"] }, "etcd 12 ended"],
    ["applications that come back late", { back: 5.1 }, "the applications answered after 5.1 s"],
    ["applications that do not come back", { back: undefined }, "the applications answered after more than 10 s"],
  ] as const)
    it(`names ${what}`, () => {
      assert.deepEqual(judge(rest, { ...good, ...change } as Measured), [says]);
    });

  it("names everything that is wrong", () => {
    const nothing: Measured = {
      ...{ api: { asked: 0, failed: 0, p99: 0 }, ssh: undefined, killed: ["kube-apiserver 7", "etcd 8"] },
      ...{ back: undefined, tracked: 0 },
    };
    assert.equal(judge(rest, nothing).length, 5);
  });
});
