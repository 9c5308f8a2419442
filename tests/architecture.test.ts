/** The order of the rooms: docs/architecture.md draws it, and imports keep to it. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

const root = join(__dirname, "..");
const page = readFileSync(join(root, "docs/architecture.md"), "utf8");

/** The folders that hold the program and what is built on it, and what is not part of the picture. */
const rooms = ["settings", "outputs", "hostfiles", "dns", "components", "automation", "operator", "lab"];
const besides = ["docs", "examples", "scripts", "tests"];

const sources = [
  "index.ts",
  "program.ts",
  ...rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !path.includes("node_modules"))
      .map((path) => `${room}/${path}`),
  ),
];

/** The project's own files that a file imports, with `import`, `require` or `import()`. */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), "utf8"), true, true);
  return importedFiles.flatMap(({ fileName }) => {
    if (!fileName.startsWith(".")) return [];
    const path = relative(root, join(root, dirname(file), fileName));
    return [`${path}.ts`, `${path}/index.ts`].filter((each) => sources.includes(each));
  });
}
const imports = new Map(sources.map((file) => [file, importsOf(file)]));

/** `index` and `program` are files; every other room is a folder. */
const roomOf = (file: string): string => (file.includes("/") ? (file.split("/")[0] ?? "") : file.replace(/\.ts$/, ""));

/** The first circle that a walk along the imports comes to. */
function findCircle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): string[] => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return [];
    done.add(file);
    for (const next of graph.get(file) ?? []) {
      const circle = walk(next, [...way, file]);
      if (circle.length > 0) return circle;
    }
    return [];
  };
  for (const file of graph.keys()) {
    const circle = walk(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

describe("architecture", () => {
  it("finds imports and circles", () => {
    assert.ok(imports.get("index.ts")?.includes("program.ts"));
    assert.ok((imports.get("components/secondaryIngressIp.ts") ?? []).some((file) => file.endsWith("nodePort.ts")));
    const circle = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["b"]],
    ]);
    assert.deepEqual(findCircle(circle), ["b", "c", "b"]);
  });

  it("has no circle of imports", () => {
    assert.deepEqual(findCircle(imports), []);
  });

  it("is drawn as it is: each arrow is an import, and each import between rooms an arrow", () => {
    const [, picture = ""] = /```mermaid\n([\s\S]*?)```/.exec(page) ?? [];
    const drawn = [...picture.matchAll(/^ +(\w+) --> (.+)$/gm)].flatMap(([, from = "", to = ""]) =>
      to.split(" & ").map((each) => `${from} --> ${each}`),
    );
    const made = [...imports].flatMap(([file, targets]) =>
      targets.map((target) => [roomOf(file), roomOf(target)] as const).filter(([from, to]) => from !== to),
    );
    assert.deepEqual([...drawn].sort(), [...new Set(made.map(([from, to]) => `${from} --> ${to}`))].sort());
  });

  it("knows every folder of the repository", () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
      .map(({ name }) => name);
    assert.deepEqual(
      folders.filter((name) => !["coverage", "dist"].includes(name)).sort(),
      [...rooms, ...besides].sort(),
    );
  });

  it("leads a stranger along files that are there", () => {
    const paths = [...page.matchAll(/\]\(\.\.\/([\w./-]+)\)/g)].map(([, path = ""]) => path);
    assert.ok(paths.length >= 10);
    for (const path of paths) assert.doesNotThrow(() => readFileSync(join(root, path)), path);
  });

  it("takes steps of one import each", () => {
    const steps = [...page.matchAll(/^\d+\. \[`([\w./-]+\.ts)`\]/gm)].map(([, path = ""]) => path);
    assert.deepEqual(steps[0], "index.ts");
    assert.ok(steps.length >= 9, steps.join());
    /** An `index.ts` only passes names on. */
    const reached = (file: string): string[] =>
      (imports.get(file) ?? []).flatMap((each) => [
        each,
        ...(each.endsWith("/index.ts") ? (imports.get(each) ?? []) : []),
      ]);
    for (const [index, file] of steps.entries())
      if (index > 0)
        assert.ok(
          steps.slice(0, index).some((before) => reached(before).includes(file)),
          file,
        );
  });
});
