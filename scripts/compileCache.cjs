/**
 * `node -r scripts/compileCache.cjs`: keeps what V8 has compiled of a program and its dependencies, for compiling the same two thousand
 * modules is a third of a short program's time. One file for each program in the build cache; a broken or outdated part of it is
 * compiled anew. Node.js 22 has the like of it (module.enableCompileCache).
 */
const { Buffer } = require("node:buffer");
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { homedir } = require("node:os");
const { dirname, join } = require("node:path");
const vm = require("node:vm");

const cacheRoot = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kops-secondary-ingress/compiled");
const hashOf = (text) => createHash("sha1").update(text).digest("base64url");
const file = join(cacheRoot, hashOf(`${process.version} ${process.arch} ${process.argv[1]}`));

/** Where the parts of each module are: `{ [path]: { hash, data: [start, end], stripped?: [start, end] } }`. */
let index = {};
let parts = Buffer.alloc(0);
try {
  const bytes = readFileSync(file);
  const end = 4 + bytes.readUInt32LE(0);
  const { size, modules } = JSON.parse(bytes.toString("utf8", 4, end));
  if (bytes.length === end + size) [index, parts] = [modules, bytes.subarray(end)];
} catch {
  // None yet, or a broken one.
}
const part = ([start, end]) => parts.subarray(start, end);

/** The modules that this process has compiled, by path: `{ hash, script, stripped? }`. */
const compiled = new Map();
let news = false;

/** By path, TypeScript without its types, and the hash of what it was made from. */
const stripped = new Map();

/** `strip(text)`, the JavaScript of the TypeScript file `path`, or what was kept of it. */
exports.keepStripped = (path, text, strip) => {
  const hash = hashOf(text);
  const known = index[path]?.hash === hash && index[path].stripped;
  const code = known ? part(known).toString() : strip(text);
  stripped.set(path, { hash, code });
  return code;
};

const compileAnew = Module.prototype._compile;

/** TypeScript's compiler, a third of what a program compiles, has `import(` in its messages only. */
const importsDynamically = (path, content) =>
  !path.endsWith("/typescript/lib/typescript.js") && /\bimport\s*\(/.test(content);

Module.prototype._compile = function compile(content, path, format) {
  // A dynamic import needs Node.js' own way of compiling.
  if (format === "module" || importsDynamically(path, content)) return compileAnew.call(this, content, path, format);
  const code = content.startsWith("#!") ? `//${content}` : content;
  const typescript = stripped.get(path);
  const hash = typescript?.hash ?? hashOf(code);
  const known = index[path]?.hash === hash ? index[path] : undefined;
  let script;
  try {
    script = new vm.Script(Module.wrap(code), {
      filename: path,
      cachedData: known && part(known.data),
    });
  } catch {
    return compileAnew.call(this, content, path, format); // A module of the other kind, or Node.js' own message.
  }
  if (!known || script.cachedDataRejected) news = true;
  compiled.set(path, { hash, script, stripped: typescript?.code });
  const require = (id) => this.require(id);
  require.resolve = (id, options) => Module._resolveFilename(id, this, false, options);
  require.resolve.paths = (id) => Module._resolveLookupPaths(id, this);
  require.main = process.mainModule;
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  return script.runInThisContext().call(this.exports, this.exports, require, this, path, dirname(path));
};

/** Writes what is new beside what was there; where that fails, the next process compiles again. */
function write() {
  if (!news) return;
  news = false;
  const chunks = [];
  let size = 0;
  const add = (bytes) => {
    chunks.push(bytes);
    return [size, (size += bytes.length)];
  };
  const next = {};
  for (const [path, { hash, data, stripped }] of Object.entries(index))
    if (!compiled.has(path))
      next[path] = { hash, data: add(part(data)), ...(stripped && { stripped: add(part(stripped)) }) };
  for (const [path, { hash, script, stripped }] of compiled)
    next[path] = {
      hash,
      data: add(script.createCachedData()),
      ...(stripped && { stripped: add(Buffer.from(stripped)) }),
    };
  const head = Buffer.from(JSON.stringify({ size, modules: next }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const partial = `${file}.${process.pid}`;
  try {
    mkdirSync(cacheRoot, { recursive: true });
    writeFileSync(partial, Buffer.concat([length, head, ...chunks]));
    renameSync(partial, file);
  } catch {
    // No room, or no permission.
  }
}
// The engine kills its plugins: a second is enough to have loaded what they need.
require("node:timers").setTimeout(write, 1000).unref();
process.on("exit", write);
