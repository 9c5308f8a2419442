/** `npm run campaign`: its list, the programs behind it, and the page that shows their figures. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "./support/paths";

const campaign = (...args: string[]) =>
  spawnSync(process.execPath, ["scripts/bootstrap.mjs", "campaign", ...args], {
    cwd: repositoryRoot,
    encoding: "utf8",
  });

describe("npm run campaign", () => {
  const { status, stdout: list } = campaign("--list");
  const names = [...list.matchAll(/^ {2}(\S+) {2,}\S/gm)].map(([, name = ""]) => name);

  it("lists every program of lab/campaigns/ except the benchmark, which has a script of its own", () => {
    assert.equal(status, 0);
    const folder = join(repositoryRoot, "lab/campaigns");
    const programs = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap(({ name }) => {
        const [, usage] =
          /new Command\("npm run (campaign -- [\w-]+|\w+)/.exec(readFileSync(join(folder, name), "utf8")) ?? [];
        return usage === undefined ? [] : [{ name: name.slice(0, -".ts".length), usage }];
      })
      .filter(({ usage }) => usage !== "bench");
    for (const { name, usage } of programs) assert.equal(usage, `campaign -- ${name}`);
    const expected = programs.map(({ name }) => name);
    assert.ok(expected.length > 8);
    assert.deepEqual(names, expected.sort());
  });

  it("lists what docs/results/README.md lists", () => {
    const page = readFileSync(join(repositoryRoot, "docs/results/README.md"), "utf8");
    const commands = [...page.matchAll(/^\| `npm run campaign -- ([\w-]+)` /gm)].map(([, name]) => name);
    assert.deepEqual(commands, names);
  });

  it("lists them on --help too", () => assert.equal(campaign("--help").stdout, list));

  for (const [args, message] of [
    [[], "missing campaign"],
    [["fautls"], "unknown campaign 'fautls'"],
    [["toString"], "unknown campaign 'toString'"],
  ] as const)
    it(`refuses ${JSON.stringify(args)}, and lists them`, () => {
      const { status, stdout, stderr } = campaign(...args);
      assert.deepEqual({ status, stdout }, { status: 2, stdout: "" });
      assert.equal(stderr, `${message}\n\n${list}`);
    });

  it("passes options to the campaign, whose usage names it", () => {
    const { status, stdout, stderr } = campaign("alerts", "--help");
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^Usage: npm run campaign -- alerts /);
  });
});
