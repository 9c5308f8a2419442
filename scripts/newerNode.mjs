// A Node.js for machines whose own is too old: a package of the npm registry, pinned in scripts/newerNode, kept in the build cache.
// Runs on Node.js 18.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What ESLint needs; the program itself runs on 22.0, as Pulumi does. */
const oldest = [22, 13];

export function isNewEnough(version = process.versions.node) {
  const [major, minor] = version.split(".").map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

const byHand = `Install Node.js ${oldest.join(".")} or newer.`;

/** The package for this kind of machine, as its lockfile pins it. */
function pinned() {
  const name = `node-${process.platform}-${process.arch}`;
  const lockfile = readFileSync(join(root, "scripts/newerNode/package-lock.json"), "utf8");
  const { version, integrity } = JSON.parse(lockfile).packages[`node_modules/${name}`] ?? {};
  if (!version || !integrity)
    throw new Error(`expected Node.js ${oldest.join(".")} or newer, found ${process.versions.node}. ${byHand}`);
  return { name, version, integrity };
}

/** Detects a program that is truncated or missing. */
function sealOf(directory) {
  const { size, mode } = lstatSync(join(directory, "bin/node"));
  return `${size} ${mode}`;
}

function isWhole(directory) {
  try {
    return readFileSync(`${directory}.seal`, "utf8") === sealOf(directory);
  } catch {
    return false;
  }
}

function runIn(cwd, command, ...args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (error || status !== 0) throw new Error(`${[command, ...args].join(" ")}: ${error?.message ?? stderr}`);
  return stdout.trim();
}

/** Fills an empty directory with `bin/node`. @throws if the package is not the pinned one, or does not run here */
function fill(directory, { name, version, integrity }) {
  // In the checkout, whose .npmrc may name a registry.
  const archive = join(
    directory,
    runIn(root, "npm", "pack", "--silent", "--pack-destination", directory, `${name}@${version}`),
  );
  const [algorithm] = integrity.split("-");
  const found = `${algorithm}-${createHash(algorithm).update(readFileSync(archive)).digest("base64")}`;
  if (found !== integrity)
    throw new Error(
      `${name} ${version}: expected integrity ${integrity}, as in scripts/newerNode/package-lock.json, found ${found}. ` +
        `Do not use this registry's package. ${byHand}`,
    );
  runIn(directory, "tar", "-xzf", archive, "--strip-components=1", "package/bin/node");
  rmSync(archive);
  const runs = runIn(directory, join(directory, "bin/node"), "--version");
  if (runs !== `v${version}`) throw new Error(`${name} ${version}: expected v${version}, found ${runs}. ${byHand}`);
}

/** Older versions, and what a killed process left an hour ago. */
function removeLeftovers(cacheRoot, wanted) {
  for (const entry of readdirSync(cacheRoot)) {
    const path = join(cacheRoot, entry);
    if (entry.startsWith("nodejs-") && !path.startsWith(wanted) && lstatSync(path).mtimeMs < Date.now() - 3_600_000)
      rmSync(path, { recursive: true, force: true });
  }
}

/** The `bin` directory of the pinned Node.js: fetched if the cache has none, or not the whole of it. Two processes may fetch at once. */
function fetchNode() {
  const wanted = pinned();
  const cacheRoot = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kops-secondary-ingress");
  const key = createHash("sha256").update(JSON.stringify(wanted)).digest("hex").slice(0, 16);
  const directory = join(cacheRoot, `nodejs-${key}`);
  if (!isWhole(directory)) {
    console.error(
      `Node.js ${process.versions.node} is too old: fetching ${wanted.version} from the npm registry (once) …`,
    );
    mkdirSync(cacheRoot, { recursive: true });
    removeLeftovers(cacheRoot, directory);
    const partial = mkdtempSync(join(cacheRoot, "nodejs-partial-"));
    try {
      fill(partial, wanted);
      if (!isWhole(directory)) {
        rmSync(directory, { recursive: true, force: true });
        writeFileSync(`${directory}.seal`, sealOf(partial));
        renameSync(partial, directory);
      }
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  return join(directory, "bin");
}

/** Runs this process's command again with the Node.js of `bin`, first on PATH for all that it starts. @returns the exit status */
function runAgain(bin) {
  const node = join(bin, "node");
  const env = {
    ...process.env,
    PATH: [bin, process.env.PATH].join(delimiter),
    // Of npm, which set both for its scripts.
    NODE: node,
    npm_node_execpath: node,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(node, process.argv.slice(1), { stdio: "inherit", env });
    // The terminal sends SIGINT to both.
    process.on("SIGINT", () => undefined);
    for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
    child.on("error", reject);
    child.on("exit", (status) => resolve(status ?? 1));
  });
}

/** Runs this process's command on the pinned Node.js, and ends with its status. */
export async function goOnWithNewerNode() {
  try {
    process.exit(await runAgain(fetchNode()));
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
