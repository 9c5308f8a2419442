/** The page on the lab's AWS names a test for each behaviour; they are there. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../../lab/paths";

const page = readFileSync(join(repositoryRoot, "docs/aws-endpoint.md"), "utf8");
const section = page.slice(page.indexOf("## How AWS behaves"), page.indexOf("## Faults by a script"));
const rows = [...section.matchAll(/^\| (.+?) *\| (.+?) *\| (.*?) *\|$/gm)]
  .map(([, behaviour = "", sdk = "", cli = ""]) => ({ behaviour, sdk, cli }))
  .filter(({ behaviour }) => behaviour !== "behaviour" && !/^:?-+/.test(behaviour));

const has = (file: string, title: string): boolean =>
  readFileSync(join(__dirname, file), "utf8").includes(`it("${title}`);

describe("docs/aws-endpoint.md", () => {
  it("has a row for each behaviour", () => {
    assert.equal(rows.length, 20);
  });

  for (const { behaviour, sdk, cli } of rows) {
    it(`${behaviour}: its tests are there`, () => {
      const [, file = "", title = ""] = /^`(.+?)`: (.+)$/.exec(sdk) ?? [];
      assert.ok(has(file, title), sdk);
      if (cli !== "") assert.ok(has("awscli.test.ts", cli), cli);
    });
  }
});
