/**
 * A cache of what the lab builds once: directories keyed by their inputs. A directory is valid only if its seal,
 * written last, matches its contents; otherwise it is rebuilt.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { lock } from "proper-lockfile";
import { cacheRoot } from "../paths";
import { run } from "../process";

/** Names, types, sizes and modes of everything below a directory; detects truncated and partly written files. */
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

const sealOf = (directory: string): string => `${directory}.seal`;

export class Cache {
  /** @param root created if missing */
  constructor(private readonly root: string) {}

  /**
   * The directory `<root>/<name>-<key>`; `build` creates it if it is missing or invalid, and older ones of that name
   * are deleted.
   * @param madeFrom everything that the contents depend on; the key is its hash
   * @param build fills the given empty directory
   */
  async directory(
    name: string,
    madeFrom: readonly string[],
    build: (directory: string) => Promise<void>,
  ): Promise<string> {
    return this.alone(name, () => this.directoryOf(this.pathOf(name, madeFrom), name, build));
  }

  /** Whether the directory has been built. A damaged one counts: {@link directory} rebuilds it. */
  holds(name: string, madeFrom: readonly string[]): boolean {
    return existsSync(sealOf(this.pathOf(name, madeFrom)));
  }

  private pathOf(name: string, madeFrom: readonly string[]): string {
    const key = createHash("sha256").update(JSON.stringify(madeFrom)).digest("hex").slice(0, 16);
    return join(this.root, `${name}-${key}`);
  }

  /** Runs `work` while holding the lock of this name. */
  async alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    await mkdir(this.root, { recursive: true });
    // A build that blocks the event loop renews its lock late; a killed one's lock is stale after a minute.
    const release = await lock(join(this.root, name), {
      realpath: false,
      stale: 60_000,
      // For example after the machine slept: two builds may then run, and the seal detects a broken result.
      onCompromised: () => undefined,
      retries: { retries: 1800, factor: 1, minTimeout: 1000 },
    });
    try {
      return await work();
    } finally {
      await release();
    }
  }

  private async directoryOf(
    directory: string,
    name: string,
    build: (directory: string) => Promise<void>,
  ): Promise<string> {
    const seal = sealOf(directory);
    if (existsSync(directory) && existsSync(seal) && readFileSync(seal, "utf8") === (await fingerprint(directory))) {
      return directory;
    }
    // Another name may begin with this one.
    const isOfName = /^-[0-9a-f]{16}(\.\w+)?$/;
    for (const leftover of await readdir(this.root)) {
      if (leftover.startsWith(name) && isOfName.test(leftover.slice(name.length)))
        await rm(join(this.root, leftover), { recursive: true, force: true });
    }
    const partial = `${directory}.partial`;
    await mkdir(partial);
    await build(partial);
    await rename(partial, directory);
    writeFileSync(seal, await fingerprint(directory));
    return directory;
  }
}

/** The cache of the current user. */
export const cache = new Cache(cacheRoot);
