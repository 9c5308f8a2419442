/** `npm run lab -- --kubernetes --kubelet real`: a short form of `npm run campaign -- matrix --kubelet real`. */
import assert from "node:assert/strict";
import { itRefuses, keptPromises } from "../support/lab-command";
import { needsKubelet } from "../support/needs";

describe("npm run lab -- --kubelet real", () => {
  itRefuses([
    [["--kubelet", "real"], /expected --kubernetes with --kubelet real, .*, found none: add --kubernetes/],
    [["--kubernetes", "--cni", "cilium", "--kubelet", "real"], /cannot be used with option '--cni/],
  ]);

  it("keeps every promise with the API server moved to 127.0.0.1:8443", function () {
    needsKubelet(this);
    assert.equal(keptPromises("--kubernetes", "--kubelet", "real", "--api-port", "8443").length, 39);
  });
});
