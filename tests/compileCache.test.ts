/** What Node.js has compiled is kept, and is never run for another text. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "./support/paths";
import { attempt, run } from "./support/process";

describe("the compile cache", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "ksi-compiled-"));
    await write("imported.ts", `export const greeting: string = "hello";`);
    await write("main.ts", `import { greeting } from "./imported";\nconsole.log(greeting);`);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const write = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text);
  const options = ["-r", join(repositoryRoot, "scripts/register.cjs")];
  const env = (cache = "cache"): NodeJS.ProcessEnv => ({
    ...process.env,
    XDG_CACHE_HOME: join(directory, cache),
    NODE_OPTIONS: "",
  });
  const runMain = (cache?: string): Promise<string> =>
    run(process.execPath, [...options, join(directory, "main.ts")], { env: env(cache) });
  const kept = async (): Promise<string[]> => {
    const root = join(directory, "cache/kops-secondary-ingress/compiled");
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  };

  it("runs what is written now, of the same length or not", async () => {
    for (const word of ["hello", "hallo", "good morning"]) {
      await write("imported.ts", `export const greeting: string = ${JSON.stringify(word)};`);
      for (let times = 0; times < 2; times++) assert.equal(await runMain(), `${word}\n`);
    }
  });

  it("compiles anew where the cache is broken, cut short, or cannot be written", async () => {
    await runMain();
    const files = await kept();
    assert.ok(files.length >= 2);
    for (const file of files) await truncate(file, Math.floor((await stat(file)).size / 2));
    assert.equal(await runMain(), "hello\n");
    for (const file of await kept()) await writeFile(file, "no cache");
    assert.equal(await runMain(), "hello\n");
    await write("elsewhere", "");
    assert.equal(await runMain("elsewhere"), "hello\n");
  });

  it("keeps what a process has loaded that is killed", async () => {
    await write("main.ts", `import "./imported";\nsetTimeout(() => process.kill(process.pid, "SIGKILL"), 1500);`);
    const { status } = await attempt(process.execPath, [...options, join(directory, "main.ts")], { env: env() });
    assert.notEqual(status, 0);
    assert.ok((await kept()).length >= 2);
  });

  it("says where a program failed", async () => {
    await write("main.ts", `type Unused = string;\n\nthrow new Error("here");`);
    await assert.rejects(runMain(), /main\.ts:3/);
  });
});
