import assert from "node:assert/strict";
import { inLines } from "../../../operator/cli/status";
import { checks } from "../../../operator/doctor/checks";
import { drawPicture } from "../../../operator/doctor/picture";
import { judge } from "../../../operator/doctor/report";
import { IngressMode } from "../../../settings/choices";
import { outputs } from "../../dns/support";
import { healthy, healthyNode, silentAws } from "./facts";

const everything = { only: [], ignore: [] };

describe("doctor's picture", () => {
  it("has a piece for every check: each finding shows up, once", () => {
    for (const { code, area, severity, title, modes } of checks) {
      const mode = modes.includes(IngressMode.DualIp) ? IngressMode.DualIp : IngressMode.LoadBalancer;
      const finding = { code, area, severity, title, doc: "", observed: "", expected: "", fix: "" };
      const report = {
        schemaVersion: 1 as const,
        stack: "prod",
        mode,
        findings: [finding],
        good: [],
        skipped: [],
      };
      const { pieces, beside } = drawPicture(outputs({ mode }), report);
      const showing = [...pieces, ...beside].filter(({ words }) => words.includes(code));
      assert.equal(showing.length, 1, code);
      assert.equal(showing[0]?.state, severity === "error" ? "fails" : "warns");
    }
  });

  it("fits a terminal of 80 columns, and says in words what colour says", () => {
    const node = {
      ...healthyNode,
      haproxy: { active: false, enabled: false },
      guard: { active: false, enabled: true },
    };
    for (const facts of [
      healthy(),
      healthy({ node }),
      healthy({ aws: silentAws("AWS does not answer: it takes its time and more") }),
    ])
      for (const columns of [80, 120]) {
        const plain = inLines(drawPicture(facts.outputs, judge(facts, everything)), columns, false);
        for (const line of plain.split("\n")) assert.ok(line.length <= columns, line);
        // eslint-disable-next-line no-control-regex -- terminal colours
        assert.doesNotMatch(plain, /\u001b/);
      }
    const well = inLines(drawPicture(outputs(), judge(healthy(), everything)), 120, false);
    assert.match(well, /HAProxy +✓ ok {2}12 of 24000 connections for https, 0 of 8000 connections for http\n/);
    const text = inLines(drawPicture(outputs(), judge(healthy({ node }), everything)), 80, false);
    assert.match(text, /HAProxy +✗ fails {2}HAPROXY_STOPPED/);
    assert.match(text, /from here +\? unknown {2}HAPROXY_STOPPED explains/);
  });
});
