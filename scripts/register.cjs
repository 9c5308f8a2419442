/** `node -r scripts/register.cjs file.ts`: runs TypeScript, whose types `npm run check` checks. What is left without them is kept. */
const { hash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { join } = require("node:path");
const { directory } = require("./compileCache.cjs");

const madeBy = ["./transpiler.cjs", "sucrase/package.json"].map((name) => readFileSync(require.resolve(name), "utf8"));

/** The JavaScript of a TypeScript file: kept under the hash of what it is made from, behind its own. */
function javaScriptOf(path) {
  const text = readFileSync(path, "utf8");
  const file = join(directory, `${hash("sha1", [text, ...madeBy].join())}.js`);
  try {
    const [, sum, kept] = /^(\w+)\n(.*)$/s.exec(readFileSync(file, "utf8"));
    if (hash("sha1", kept) === sum) return kept;
  } catch {
    // None yet, or a broken one.
  }
  const code = require("./transpiler.cjs").strip(text, path);
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, `${hash("sha1", code)}\n${code}`);
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // No room, or no permission.
  }
  return code;
}

Module._extensions[".ts"] = (module, path) => module._compile(javaScriptOf(path), path);
