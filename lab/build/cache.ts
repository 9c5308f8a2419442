/**
 * What the lab builds once and keeps: directories named after what they are made from. A directory is used only when its
 * seal, written last, still matches its contents; anything else is built anew.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { lock } from "proper-lockfile";
import { cacheRoot } from "../paths";
import { run } from "../process";

/** Names, kinds, sizes and modes of everything below a directory: a cut or half-written file changes it. */
async function fingerprint(directory: string): Promise<string> {
  const listing = await run("find", [
    directory,
    "-printf",
    "%P %y %m %l\\t",
    "-type",
    "f",
    "-printf",
    "%s",
    "-o",
    "-printf",
    "\\n",
  ]);
  return createHash("sha256").update(listing.split("\n").sort().join("\n")).digest("hex");
}

export class Cache {
  /** @param root made when it is missing */
  constructor(private readonly root: string) {}

  /**
   * The directory `<root>/<name>-<key>`, made by `build` when it is missing or broken; older ones of that name go.
   * @param madeFrom everything the contents depend on; the key is a hash of it
   * @param build fills the (empty) directory that it is given
   */
  async directory(
    name: string,
    madeFrom: readonly string[],
    build: (directory: string) => Promise<void>,
  ): Promise<string> {
    const key = createHash("sha256").update(JSON.stringify(madeFrom)).digest("hex").slice(0, 16);
    return this.alone(name, () => this.directoryOf(name, key, build));
  }

  /** Runs `work` while no other process does anything under the same name; waits for its turn. */
  async alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    await mkdir(this.root, { recursive: true });
    // A build that blocks the event loop renews its lock late; one that was killed is stale after a minute.
    const release = await lock(join(this.root, name), {
      realpath: false,
      stale: 60_000,
      // A machine that slept, say: two may build then, and the seal tells whether what came of it is whole.
      onCompromised: () => undefined,
      retries: { retries: 1800, factor: 1, minTimeout: 1000 },
    });
    try {
      return await work();
    } finally {
      await release();
    }
  }

  private async directoryOf(name: string, key: string, build: (directory: string) => Promise<void>): Promise<string> {
    const directory = join(this.root, `${name}-${key}`);
    const seal = `${directory}.seal`;
    if (existsSync(directory) && existsSync(seal) && readFileSync(seal, "utf8") === (await fingerprint(directory))) {
      return directory;
    }
    for (const leftover of await readdir(this.root)) {
      if (leftover.startsWith(`${name}-`)) await rm(join(this.root, leftover), { recursive: true, force: true });
    }
    const partial = `${directory}.partial`;
    await mkdir(partial);
    await build(partial);
    await rename(partial, directory);
    writeFileSync(seal, await fingerprint(directory));
    return directory;
  }
}

/** The cache of this machine's user. */
export const cache = new Cache(cacheRoot);
