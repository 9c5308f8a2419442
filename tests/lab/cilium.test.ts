/** `npm run lab -- --kubernetes --cni cilium`: a short form of `npm run campaign -- matrix --cni cilium`. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { labRoot } from "../../lab/paths";
import type { Row } from "../../lab/proof/row";
import { labCommand } from "../support/lab-command";
import { needsCilium } from "../support/needs";

/** What is promised under Cilium beside the promises of every node; tests/lab/main-job.test.ts lists those. */
const ofCilium = [
  ...["nodeport-by-cilium", "cilium-address", "nodeport-on-secondary", "agent-restarted"],
  ...["api-without-agent", "nodeport-by-cilium", "cilium-address", "nodeport-on-secondary"].map((id) => `reboot-${id}`),
];

describe("npm run lab -- --cni cilium", () => {
  for (const [args, says] of [
    [["--cni", "cilium"], /expected --kubernetes with --cni cilium, .*, found none: add --kubernetes/],
    [["up", "--cni", "cilium"], /add --kubernetes/],
    [["--kubernetes", "--cni", "cilium", "--proxy-mode", "iptables"], /cannot be used with option '--proxy-mode/],
    [["--kubernetes", "--cni", "calico"], /Allowed choices are cilium/],
  ] as const)
    it(`refuses ${args.join(" ")}`, () => {
      const { status, stderr } = labCommand(...args);
      assert.equal(status, 1);
      assert.match(stderr, says);
    });

  it("keeps every promise with the API server on 443", function () {
    needsCilium(this);
    const { status, stdout, stderr } = labCommand("--kubernetes", "--cni", "cilium", "--json");
    assert.notEqual(stdout, "", `nothing on stdout; on stderr:\n${stderr}`);
    const { rows } = JSON.parse(stdout) as { rows: Row[] };
    // Memory is the whole machine's: other labs run beside.
    assert.deepEqual(
      rows.filter(({ ok, id }) => !ok && id !== "memory"),
      [],
    );
    const ids = rows.map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id) => ofCilium.includes(id)),
      ofCilium,
    );
    assert.equal(ids.length, 45);
    assert.equal(status, rows.every(({ ok }) => ok) ? 0 : 1, stderr);
    assert.equal(existsSync(labRoot), false, "the lab leaves nothing behind");
  });
});
