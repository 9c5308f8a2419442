// Strips types for ts-node, several times faster than TypeScript does; `npm run check` checks them.
// Every line stays where it is, so the source map, which ts-node asks for, has nothing to say.
const options = { transforms: ["typescript", "imports"], disableESTransforms: true, preserveDynamicImport: true };
const sourceMapText = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });

/** The JavaScript of a TypeScript file. Loads sucrase only where a file is to be transpiled. */
exports.strip = (code, filePath) => require("sucrase").transform(code, { ...options, filePath }).code;

/** Where Node.js was started with the compile cache, what that has kept of the file. */
const keptOf = (path, text) => {
  const cache = require.cache[require.resolve("./compileCache.cjs")]?.exports;
  return cache ? cache.keepStripped(path, text, (code) => exports.strip(code, path)) : exports.strip(text, path);
};

/** The transpiler of ts-node, which Pulumi runs the program with. */
exports.create = () => ({
  transpile: (code, { fileName }) => {
    // ts-node has every stack trace rewritten by source maps, and Pulumi takes two thousand of them in a preview.
    Error.prepareStackTrace = undefined;
    return { outputText: keptOf(fileName, code), sourceMapText };
  },
});
