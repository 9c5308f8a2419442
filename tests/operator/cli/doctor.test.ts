import assert from "node:assert/strict";
import { inWords } from "../../../operator/cli/doctor";
import { isCommand } from "../../../operator/doctor/check";
import { judge } from "../../../operator/doctor/report";
import { healthy, healthyAws, healthyNode, silentAws } from "../doctor/facts";

const everything = { only: [], ignore: [] };
// eslint-disable-next-line no-control-regex -- terminal colours
const colour = /\u001b\[\d+m/g;

describe("doctor in words", () => {
  const path = `/etc/${"very-long-name/".repeat(20)}file`;
  const facts = healthy({
    node: {
      ...healthyNode,
      missing: [path],
      strangersOn443: ["nginx@0.0.0.0:443"],
      nat: { active: true, enabled: false },
    },
    aws: {
      ...healthyAws(healthy().outputs),
      elasticIps: { because: `UnauthorizedOperation: ${"not allowed ".repeat(12)}` },
    },
  });
  const report = judge(facts, everything);

  for (const columns of [80, 120])
    it(`fits ${columns} columns but for commands, which must not be broken, and says the same without colour`, () => {
      const coloured = inWords(report, columns, true);
      const plain = inWords(report, columns, false);
      assert.equal(coloured.replaceAll(colour, ""), plain);
      assert.notEqual(coloured, plain);
      for (const line of plain.split("\n"))
        if (!isCommand(line.replace(/^ {2}fix {7}/, ""))) assert.ok(line.length <= columns, `${line.length}: ${line}`);
      // What was broken is whole again without the breaks.
      assert.ok(plain.replaceAll(/\n {12}/g, "").includes(path));
    });

  it("names findings, what was not checked, and how many", () => {
    const plain = inWords(report, 80, false);
    assert.match(plain, /^✗ HOST_FILES_MISSING {2}\(node\)$/m);
    assert.match(plain, /^! NAT_NOT_AT_BOOT {2}\(NAT\)$/m);
    assert.match(plain, /^ {2}see {7}docs\/checks\.md#host_files_missing$/m);
    assert.match(plain, /^\? 3 not checked: UnauthorizedOperation/m);
    assert.match(plain, /^3 findings, \d+ checks are good, \d+ were not made$/m);
    assert.match(inWords(judge(healthy(), everything), 80, false), /^✓ nothing wrong: \d+ of \d+ checks, 0 not made$/m);
  });

  it("calls nothing right where nothing was looked at", () => {
    for (const [only, says] of [
      ["IDLE_ELASTIC_IP", /nothing could be looked at: 1 check was not made/],
      ["cost", /nothing could be looked at: 2 checks were not made/],
    ] as const) {
      const silent = judge(healthy({ aws: silentAws("denied") }), { only: [only], ignore: [] });
      assert.doesNotMatch(inWords(silent, 80, false), /✓/);
      assert.match(inWords(silent, 80, false), says);
    }
    const ofAnotherMode = judge(healthy(), { only: ["BALANCER_GONE"], ignore: [] });
    assert.match(inWords(ofAnotherMode, 80, false), /nothing was looked at: mode dual-ip has none of these checks/);
  });
});
