/** `npm run lab -- --kubernetes --kubelet real`: a short form of `npm run campaign -- matrix --kubelet real`. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { labRoot } from "../../lab/paths";
import type { Row } from "../../lab/proof/row";
import { labCommand } from "../support/lab-command";
import { needsKubelet } from "../support/needs";

describe("npm run lab -- --kubelet real", () => {
  for (const [args, says] of [
    [["--kubelet", "real"], /expected --kubernetes with --kubelet real, .*, found none: add --kubernetes/],
    [["--kubernetes", "--cni", "cilium", "--kubelet", "real"], /cannot be used with option '--cni/],
  ] as const)
    it(`refuses ${args.join(" ")}`, () => {
      const { status, stderr } = labCommand(...args);
      assert.equal(status, 1);
      assert.match(stderr, says);
    });

  it("keeps every promise with the API server moved to 127.0.0.1:8443", function () {
    needsKubelet(this);
    const { status, stdout, stderr } = labCommand("--kubernetes", "--kubelet", "real", "--api-port", "8443", "--json");
    assert.notEqual(stdout, "", `nothing on stdout; on stderr:\n${stderr}`);
    const { rows } = JSON.parse(stdout) as { rows: Row[] };
    // Memory is the whole machine's: other labs run beside.
    assert.deepEqual(
      rows.filter(({ ok, id }) => !ok && id !== "memory"),
      [],
    );
    assert.equal(rows.length, 39);
    assert.equal(status, rows.every(({ ok }) => ok) ? 0 : 1, stderr);
    assert.equal(existsSync(labRoot), false, "the lab leaves nothing behind");
  });
});
