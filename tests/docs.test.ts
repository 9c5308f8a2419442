/** The commands that the docs tell people to type, typed. */
import { hostSettings } from "./hostfiles/settings";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { renderPreflight } from "../hostfiles/node/preflight";
import { repositoryRoot } from "./support/paths";
import { installDocsPrograms, needsRoot } from "./support/needs";

/** Every page of the repository that is for people. */
const below = (folder: string): string[] =>
  readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
    .map((name) => join(folder, name));
const front = readdirSync(repositoryRoot).filter((name) => name.endsWith(".md"));
const pages = [...front, ...below("docs"), ...below("examples")];

/** Blocks of commands, with the reason of those that no test here runs: `<!-- not run … -->` above the block. */
const blocks = pages.flatMap((page) =>
  [
    ...readFileSync(join(repositoryRoot, page), "utf8").matchAll(
      /(?:<!-- not run([^>]*)-->\s*)?^ *```(\w*)\n([\s\S]*?)^ *```$/gm,
    ),
  ].map(([, reason, language = "", text = ""]) => ({ page, reason, language, text })),
);

describe("docs", function () {
  before(installDocsPrograms);

  for (const { page, reason, language, text } of blocks) {
    if (language !== "sh" || reason !== undefined) continue;
    const [first = "", second = first] = text.split("\n");
    it(`${page}: ${second || first} …`, function () {
      needsRoot(this);
      const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", text], {
        cwd: repositoryRoot,
        encoding: "utf8",
      });
      assert.equal(status, 0, `${stdout}${stderr}`);
    });
  }

  it("runs every block of commands, or says above it why not or which test does", () => {
    const languages = new Set(blocks.map(({ language }) => language));
    // A block in another of the shell's names would not be found.
    for (const language of languages)
      assert.ok(["sh", "text", "ts", "js", "json", "yaml", "mermaid"].includes(language), language);
    const commands = blocks.filter(({ language }) => language === "sh");
    const fences = pages.map((page) => readFileSync(join(repositoryRoot, page), "utf8").match(/```sh$/gm)?.length ?? 0);
    assert.equal(
      commands.length,
      fences.reduce((sum, count) => sum + count),
    );
    assert.ok(commands.filter(({ reason }) => reason === undefined).length >= 5);
    for (const { page, reason, text } of commands) {
      if (reason === undefined) continue;
      assert.match(reason, /^(?: by a test| here)?: \S/, `${page}: ${text}`);
      for (const [file] of reason.matchAll(/tests\/[\w/.-]+\.ts/g))
        assert.ok(existsSync(join(repositoryRoot, file)), `${page}: ${file}`);
    }
  });

  it("has YAML that can be read", () => {
    const files = blocks.filter(({ language }) => language === "yaml");
    assert.ok(files.length >= 5);
    for (const { page, text } of files)
      for (const { errors } of parseAllDocuments(text)) assert.deepEqual(errors, [], `${page}: ${text}`);
  });

  it("explains every code of the preflight, and no other", () => {
    const script = renderPreflight(hostSettings());
    const codes = [...script.matchAll(/\b(?:fault|warning) ([A-Z_]+)/g)].map(([, code]) => code ?? "");
    const guide = readFileSync(join(repositoryRoot, "docs/guide.md"), "utf8");
    const section = guide.slice(guide.indexOf("## Before the first byte"), guide.indexOf("## Files on the node"));
    const explained = [...section.matchAll(/`([A-Z][A-Z_]{4,})`/g)].map(([, code]) => code ?? "");
    assert.deepEqual([...new Set(explained)].sort(), [...new Set([...codes, "NO_SUDO"])].sort());
  });

  it("leads to pages and headings that are there", () => {
    const read = (page: string): string => readFileSync(join(repositoryRoot, page), "utf8");
    /** As GitHub makes them. */
    const anchors = (page: string): string[] =>
      [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
        heading
          .toLowerCase()
          .replace(/[^\p{L}\p{N}_ -]/gu, "")
          .replaceAll(" ", "-"),
      );
    assert.ok(pages.length > 15 && front.length > 3);
    for (const page of pages)
      for (const [, target = ""] of read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? page : join(dirname(page), path);
        assert.ok(existsSync(join(repositoryRoot, file)), `${page}: ${target}`);
        if (anchor !== undefined) assert.ok(anchors(file).includes(anchor), `${page}: ${target}`);
      }
  });

  it("says in the changelog what this version changed", () => {
    const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { version: string };
    assert.match(
      readFileSync(join(repositoryRoot, "CHANGELOG.md"), "utf8"),
      new RegExp(`^## \\[${version}\\] - `, "m"),
    );
  });

  it("quotes the ceilings of one node as docs/performance.md has them", () => {
    const read = (page: string): string => readFileSync(join(repositoryRoot, page), "utf8");
    const row = /^\| secondary:443, ours .*$/m.exec(read("docs/performance.md"))?.[0].split("|") ?? [];
    const median = (column: number): string => row[column]?.trim().split(" ")[0] ?? "";
    const quoted = [...read("docs/load-balancer.md").matchAll(/^\| [^|]+ \| ([\d.]+)[^|]*\|$/gm)].map(
      ([, figure]) => figure,
    );
    // New TLS connections, requests on kept connections, throughput, processor time.
    assert.deepEqual(quoted.slice(0, 4), [2, 7, 9, 10].map(median));
  });
});
