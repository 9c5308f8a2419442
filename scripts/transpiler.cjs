/**
 * Strips types, several times faster than TypeScript does; `npm run check` checks them. What is left is kept in the build cache. Every line
 * stays where it is, so the source map, which ts-node asks for, has nothing to say.
 */
const { hash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { directory } = require("./compileCache.cjs");

const options = { transforms: ["typescript", "imports"], disableESTransforms: true, preserveDynamicImport: true };
const sourceMapText = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });
const madeBy = ["./transpiler.cjs", "sucrase/package.json"].map((name) => readFileSync(require.resolve(name), "utf8"));

/** The JavaScript of a TypeScript file: kept under the hash of what it is made from, behind its own. */
exports.strip = (text, filePath) => {
  const file = join(directory, `${hash("sha1", [text, ...madeBy].join())}.js`);
  try {
    const [, sum, kept] = /^(\w+)\n(.*)$/s.exec(readFileSync(file, "utf8"));
    if (hash("sha1", kept) === sum) return kept;
  } catch {
    // None yet, or a broken one.
  }
  const { code } = require("sucrase").transform(text, { ...options, filePath });
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, `${hash("sha1", code)}\n${code}`);
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // No room, or no permission.
  }
  return code;
};

/** The transpiler of ts-node, which Pulumi runs the program with. */
exports.create = () => ({
  transpile: (code, { fileName }) => {
    // ts-node has every stack trace rewritten by source maps, and Pulumi takes two thousand of them in a preview.
    Error.prepareStackTrace = undefined;
    return { outputText: exports.strip(code, fileName), sourceMapText };
  },
});
