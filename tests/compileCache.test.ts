/** What Node.js has compiled is kept, and is never run for another text. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "./support/paths";
import { run } from "./support/process";

describe("the compile cache", () => {
  let directory: string;
  let kept: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "ksi-compiled-"));
    kept = join(directory, "cache/kops-secondary-ingress/compiled");
    await write("imported.ts", `export const greeting: string = "hello";`);
    await write("main.ts", `import { greeting } from "./imported";\nimport "./plain.js";\nconsole.log(greeting);`);
    await write("plain.js", `#!/usr/bin/env node\nconsole.log(require.main.filename.endsWith("main.ts"));`);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const write = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text);
  const runMain = (cache = join(directory, "cache")): Promise<string> =>
    run(process.execPath, ["-r", join(repositoryRoot, "scripts/register.cjs"), join(directory, "main.ts")], {
      env: { ...process.env, XDG_CACHE_HOME: cache, NODE_OPTIONS: "" },
    });
  const keptFile = async (): Promise<string> => {
    const files = await readdir(kept);
    assert.equal(files.length, 1);
    return join(kept, files[0] ?? "");
  };

  const keptModules = async (): Promise<Record<string, { stripped?: unknown }>> => {
    const bytes = await readFile(await keptFile());
    const { modules } = JSON.parse(bytes.toString("utf8", 4, 4 + bytes.readUInt32LE(0))) as {
      modules: Record<string, { stripped?: unknown }>;
    };
    return modules;
  };

  it("keeps a program and what it imports, and writes nothing where nothing is new", async () => {
    assert.equal(await runMain(), "true\nhello\n");
    const first = await readFile(await keptFile());
    for (const name of ["main.ts", "imported.ts", "plain.js"]) assert.ok(first.includes(join(directory, name)));
    assert.equal(await runMain(), "true\nhello\n");
    assert.deepEqual(await readFile(await keptFile()), first);
  });

  it("runs what is written now, of the same length or not", async () => {
    await runMain();
    for (const word of ["hallo", "good morning"]) {
      await write("imported.ts", `export const greeting: string = ${JSON.stringify(word)};`);
      await write("plain.js", `console.log(${JSON.stringify(word)});`);
      assert.equal(await runMain(), `${word}\n${word}\n`);
    }
  });

  it("compiles anew where the cache is broken, cut short, or cannot be written", async () => {
    await runMain();
    await writeFile(await keptFile(), "no cache");
    assert.equal(await runMain(), "true\nhello\n");
    for (let tenths = 0; tenths < 10; tenths++) {
      const { size } = await stat(await keptFile());
      await truncate(await keptFile(), Math.floor((size * tenths) / 10));
      assert.equal(await runMain(), "true\nhello\n");
    }
    await mkdir(join(directory, "elsewhere"));
    await write("elsewhere/kops-secondary-ingress", "");
    assert.equal(await runMain(join(directory, "elsewhere")), "true\nhello\n");
  });

  it("leaves dynamic imports to Node.js, the first time and the second", async () => {
    await write("plain.js", `import("./module.mjs").then(({ word }) => console.log(word));`);
    await write("module.mjs", `export const word = "good morning";`);
    for (let times = 0; times < 2; times++) assert.equal(await runMain(), "hello\ngood morning\n");
  });

  it("keeps TypeScript's compiler, which only writes of dynamic imports", async () => {
    const compiler = require.resolve("typescript");
    await write("main.ts", `import * as ts from ${JSON.stringify(compiler)};\nconsole.log(typeof ts.readConfigFile);`);
    for (let times = 0; times < 2; times++) assert.equal(await runMain(), "function\n");
    assert.ok((await keptModules())[compiler]);
  });

  it("keeps what ts-node transpiles for Pulumi, and transpiles what is written now", async () => {
    const scripts = join(repositoryRoot, "scripts");
    const tsNode = { transpileOnly: true, transpiler: join(scripts, "transpiler.cjs"), skipProject: true };
    await write("program.js", `require("ts-node").register(${JSON.stringify(tsNode)}); require("./main.ts");`);
    const runProgram = (): Promise<string> =>
      run(process.execPath, ["-r", join(scripts, "compileCache.cjs"), join(directory, "program.js")], {
        env: {
          ...process.env,
          XDG_CACHE_HOME: join(directory, "cache"),
          NODE_OPTIONS: "",
          NODE_PATH: join(repositoryRoot, "node_modules"),
        },
      });
    await write("plain.js", "");
    for (const word of ["hello", "hallo"]) {
      await write("imported.ts", `export const greeting: string = "${word}";`);
      for (let times = 0; times < 2; times++) assert.equal(await runProgram(), `${word}\n`);
    }
    assert.ok((await keptModules())[join(directory, "main.ts")]?.stripped);
  });

  it("says where a program failed", async () => {
    await write("main.ts", `type Unused = string;\n\nthrow new Error("here");`);
    await assert.rejects(runMain(), /main\.ts:3/);
  });
});
