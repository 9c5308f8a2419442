/** `node -r scripts/register.cjs file.ts`: runs TypeScript, whose types `npm run check` checks. */
const { readFileSync } = require("node:fs");
const Module = require("node:module");
const { strip } = require("./transpiler.cjs");

Module._extensions[".ts"] = (module, path) => module._compile(strip(readFileSync(path, "utf8"), path), path);
