/** The lab's command line, as a person runs it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { labRoot } from "../../lab/paths";
import type { Row } from "../../lab/proof/row";
import { repositoryRoot } from "./paths";

export function labCommand(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync("npm", ["run", "--silent", "lab", "--", ...args], { cwd: repositoryRoot, encoding: "utf8" });
}

/** Tests that the command refuses options, and what it says then. */
export function itRefuses(cases: readonly (readonly [args: readonly string[], says: RegExp])[]): void {
  for (const [args, says] of cases)
    it(`refuses ${args.join(" ")}`, () => {
      const { status, stderr } = labCommand(...args);
      assert.equal(status, 1);
      assert.match(stderr, says);
    });
}

/** Runs the main job with these options, every promise of which is kept but that of memory: other labs run beside. */
export function keptPromises(...options: string[]): Row[] {
  const { status, stdout, stderr } = labCommand(...options, "--json");
  assert.notEqual(stdout, "", `nothing on stdout; on stderr:\n${stderr}`);
  const { rows } = JSON.parse(stdout) as { rows: Row[] };
  assert.deepEqual(
    rows.filter(({ ok, id }) => !ok && id !== "memory"),
    [],
  );
  assert.equal(status, rows.every(({ ok }) => ok) ? 0 : 1, stderr);
  assert.equal(existsSync(labRoot), false, "the lab leaves nothing behind");
  return rows;
}
