/** `node -r scripts/register.cjs file.ts`: runs TypeScript, whose types `npm run check` checks. */
const { readFileSync } = require("node:fs");
const Module = require("node:module");
const { keepStripped } = require("./compileCache.cjs");

Module._extensions[".ts"] = (module, path) =>
  module._compile(
    keepStripped(path, readFileSync(path, "utf8"), (text) => require("./transpiler.cjs").strip(text, path)),
    path,
  );
