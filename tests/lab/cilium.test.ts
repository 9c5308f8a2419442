/** `npm run lab -- --kubernetes --cni cilium`: a short form of `npm run campaign -- matrix --cni cilium`. */
import assert from "node:assert/strict";
import { itRefuses, keptPromises } from "../support/lab-command";
import { needsCilium } from "../support/needs";

/** What is promised under Cilium beside the promises of every node; tests/lab/main-job.test.ts lists those. */
const ofCilium = [
  ...["nodeport-by-cilium", "cilium-address", "nodeport-on-secondary", "agent-restarted"],
  ...["api-without-agent", "nodeport-by-cilium", "cilium-address", "nodeport-on-secondary"].map((id) => `reboot-${id}`),
];

describe("npm run lab -- --cni cilium", () => {
  itRefuses([
    [["--cni", "cilium"], /expected --kubernetes with --cni cilium, .*, found none: add --kubernetes/],
    [["up", "--cni", "cilium"], /add --kubernetes/],
    [["--kubernetes", "--cni", "cilium", "--proxy-mode", "iptables"], /cannot be used with option '--proxy-mode/],
    [["--kubernetes", "--cni", "calico"], /Allowed choices are cilium/],
  ]);

  it("keeps every promise with the API server on 443", function () {
    needsCilium(this);
    const ids = keptPromises("--kubernetes", "--cni", "cilium").map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id) => ofCilium.includes(id)),
      ofCilium,
    );
    assert.equal(ids.length, 45);
  });
});
