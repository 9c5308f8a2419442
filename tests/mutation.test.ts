/** The short form of `npm run mutation`: a mutant that nobody sees must count. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { repositoryRoot } from "../lab/paths";

describe("npm run mutation", function () {
  this.timeout(10 * 60_000);

  it("finds that most changes to the rules of faults and filters are seen", () => {
    const { status, stdout, stderr } = spawnSync(
      "npm",
      ["run", "--silent", "mutation", "--", "--json", "--mutate", "lab/aws/fault.ts,lab/aws/filters.ts"],
      { cwd: repositoryRoot, encoding: "utf8" },
    );
    assert.equal(status, 0, stderr);
    const { score, files } = JSON.parse(stdout) as { score: number; files: { all: number }[] };
    assert.equal(files.length, 2);
    assert.ok(files.every(({ all }) => all > 10));
    assert.ok(score >= 80 && score < 100.1);
  });
});
