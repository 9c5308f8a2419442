/** Finds the Pulumi engine: on PATH, else the official release, else built once from its Go module. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { chmod, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cache } from "../cache";
import { buildLogs, labPaths, repositoryRoot } from "../paths";
import { run, which } from "../process";
import { step } from "../progress";

/** The version that `@pulumi/pulumi` in package.json is pinned to. */
export const engineVersion = "3.248.0";

export interface Engine {
  /** Path of the `pulumi` program. */
  pulumi: string;
  version: string;
  origin: "PATH" | "official download" | "built from its Go module";
  /** The release holds its Node.js language host; a built engine is given the lab's. */
  languageHost: "official" | "drop-in";
}

const releases = `https://github.com/pulumi/pulumi/releases/download/v${engineVersion}`;

/** Bytes of a release file, or undefined where the release cannot be reached; the answer takes seconds at most. */
async function download(file: string): Promise<Buffer | undefined> {
  try {
    // A machine without internet refuses at once; one that drops packets costs this long, once per cold cache.
    const probe = await fetch(`${releases}/${file}`, { method: "HEAD", signal: AbortSignal.timeout(5_000) });
    if (!probe.ok) return undefined;
    const answer = await fetch(`${releases}/${file}`);
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}

/** Unpacks the official release into `directory`; false where it cannot be had. */
async function unpackRelease(directory: string): Promise<boolean> {
  const architecture = process.arch === "arm64" ? "arm64" : "x64";
  const name = `pulumi-v${engineVersion}-linux-${architecture}.tar.gz`;
  const checksums = (await download(`pulumi-${engineVersion}-checksums.txt`))?.toString();
  const archive = checksums && (await download(name));
  if (!archive) return false;
  const digest = createHash("sha256").update(archive).digest("hex");
  if (!checksums.includes(`${digest}  ${name}`)) {
    throw new Error(`${name}: its SHA-256 ${digest} is not the one that the release lists. Try again; do not use it.`);
  }
  const file = join(directory, name);
  await writeFile(file, archive);
  await run("tar", ["-xzf", file, "--strip-components=1", "-C", directory]);
  await run("rm", [file]);
  return true;
}

/** Builds the `pulumi` program from the module pinned in lab/engine/go.mod and go.sum. */
async function build(directory: string): Promise<void> {
  const go = await which("go");
  if (!go) {
    throw new Error(
      `the Pulumi engine is neither on PATH nor downloadable here, and Go, which builds it, is not installed. ` +
        `Install Pulumi ${engineVersion} or Go 1.25 or newer, and start again.`,
    );
  }
  const version = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${engineVersion}`;
  await run(
    go,
    // prettier-ignore
    ["build", "-mod=readonly", "-trimpath", "-ldflags", `-s -w ${version}`, "-o", join(directory, "pulumi"), "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
    {
      cwd: join(repositoryRoot, "lab/engine"),
      // go.sum holds every checksum, so the checksum database is not asked.
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOWORK: "off", GOSUMDB: "off" },
      log: join(buildLogs, "engine-build.log"),
    },
  );
}

/** Writes an executable that runs one of the lab's TypeScript files. */
export async function writeLauncher(path: string, source: string): Promise<void> {
  const register = join(repositoryRoot, "node_modules/ts-node/register/transpile-only");
  const project = join(repositoryRoot, "tsconfig.json");
  await writeFile(
    path,
    `#!/bin/sh\nTS_NODE_PROJECT='${project}' exec '${process.execPath}' -r '${register}' '${join(repositoryRoot, source)}' "$@"\n`,
  );
  await chmod(path, 0o755);
}

/** The engine for the lab. A built one is put into the lab's own bin directory, beside its language host. */
export async function acquireEngine(): Promise<Engine> {
  const installed = await which("pulumi");
  if (installed) {
    const version = (await run(installed, ["version"])).trim();
    return { pulumi: installed, version, origin: "PATH", languageHost: "official" };
  }
  const pins = ["go.mod", "go.sum"].map((file) => readFileSync(join(repositoryRoot, "lab/engine", file), "utf8"));
  const directory = await step("Pulumi engine", (note) =>
    cache.directory("engine", [engineVersion, process.arch, ...pins], async (partial) => {
      note("downloading the official release");
      if (await unpackRelease(partial)) return;
      note("no download here: building it from its Go module, about 5 minutes, once");
      await build(partial);
    }),
  );
  const official = await which("pulumi-language-nodejs", directory);
  if (official) {
    return {
      pulumi: join(directory, "pulumi"),
      version: `v${engineVersion}`,
      origin: "official download",
      languageHost: "official",
    };
  }
  // The engine looks for its language host beside itself before it looks on PATH.
  const pulumi = join(labPaths.bin, "pulumi");
  await run("cp", ["--reflink=auto", join(directory, "pulumi"), `${pulumi}.new`]);
  await rename(`${pulumi}.new`, pulumi);
  await writeLauncher(join(dirname(pulumi), "pulumi-language-nodejs"), "lab/engine/languageHost.ts");
  await writeLauncher(
    join(dirname(pulumi), "pulumi-resource-pulumi-nodejs"),
    "node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js",
  );
  const version = (
    await run(pulumi, ["version"], { env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" } })
  ).trim();
  return { pulumi, version, origin: "built from its Go module", languageHost: "drop-in" };
}
