import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { parsePreflight, type PreflightReport } from "../../../hostfiles/node/preflight";
import { renderPreflight } from "../../../hostfiles/node/preflight";
import { needsRoot } from "../../support/needs";
import { hostSettings } from "../settings";

describe("preflight", () => {
  /** On this machine, which is no kOps node, in an empty network. */
  const look = (owner: string): { status: number | null; stdout: string; stderr: string; report: PreflightReport } => {
    const input = renderPreflight(hostSettings({ owner }));
    const { status, stdout, stderr } = spawnSync("unshare", ["-n", "bash", "-s"], { input, encoding: "utf8" });
    const report = parsePreflight(stdout);
    assert.ok(report, stdout);
    return { status, stdout, stderr, report };
  };

  it("gives plain data and codes, and fails on a machine that is not the node", function () {
    needsRoot(this);
    const { status, stderr, report } = look("project/stack");
    assert.equal(status, 1);
    const codes = report.faults.map(({ code }) => code);
    assert.ok(codes.includes("WRONG_NODE"), codes.join());
    for (const { code, expected, found, fix } of report.faults) {
      assert.ok(expected && found && fix, code);
      assert.ok(stderr.includes(`preflight: ${code}: expected ${expected}, found ${found}: ${fix}`), stderr);
    }
    assert.equal(report.schemaVersion, 1);
    assert.ok(report.facts.diskFreeMiB > 0);
    assert.ok(report.facts.clock.time > 1_700_000_000);
    assert.deepEqual(report.facts.listeners["443"], []);
  });

  it("is valid JSON whatever the stack is called", function () {
    needsRoot(this);
    for (const owner of [`it's "quoted" \\ and $(id)`, "a\tb", "ü/ñ"]) assert.ok(look(owner).report);
  });

  it("has no report in what else a node may print", () => {
    assert.equal(parsePreflight("Welcome to Debian\n"), undefined);
    assert.equal(parsePreflight('motd\n{"schemaVersion":1}\n')?.schemaVersion, 1);
  });
});
