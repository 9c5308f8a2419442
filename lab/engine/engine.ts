/** Finds the Pulumi engine: on PATH, as the official release, or built once from its Go module. */
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { version } from "@pulumi/pulumi/version";
import { cache } from "../build/cache";
import { download, verifySha256 } from "../build/download";
import { goBuild, pins } from "../build/goBuild";
import { writeLauncher } from "../build/launcher";
import { labPaths } from "../paths";
import { run, which } from "../process";
import { step } from "../progress";

/** Of the engine: the SDK's, as go.mod has it too. */
export const engineVersion = version;

export interface Engine {
  /** Path of the `pulumi` program. */
  pulumi: string;
  version: string;
  origin: "PATH" | "official download" | "built from its Go module";
  /** The release includes its Node.js language host; a built engine uses the lab's. */
  languageHost: "official" | "drop-in";
}

const releases = `https://github.com/pulumi/pulumi/releases/download/v${engineVersion}`;

/** Unpacks the official release into `directory`; false if the download fails. */
async function unpackRelease(directory: string): Promise<boolean> {
  const architecture = process.arch === "arm64" ? "arm64" : "x64";
  const name = `pulumi-v${engineVersion}-linux-${architecture}.tar.gz`;
  const checksums = await download(`${releases}/pulumi-${engineVersion}-checksums.txt`);
  const archive = checksums && (await download(`${releases}/${name}`));
  if (!archive) return false;
  verifySha256(name, archive, checksums.toString());
  const file = join(directory, name);
  await writeFile(file, archive);
  await run("tar", ["-xzf", file, "--strip-components=1", "-C", directory]);
  await rm(file);
  return true;
}

/** The engine's Go module, with the version that it reports. */
const engineModule = {
  name: "pulumi",
  module: "lab/engine",
  packages: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
  version: `github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${engineVersion}`,
} as const;

/**
 * The engine for the lab. A built engine goes into the lab's own bin directory, next to its language host.
 * @param paths an existing directory, to get the engine without a lab
 */
export async function acquireEngine(paths: Pick<typeof labPaths, "bin"> = labPaths): Promise<Engine> {
  const installed = await which("pulumi");
  if (installed) {
    const version = (await run(installed, ["version"])).trim();
    return { pulumi: installed, version, origin: "PATH", languageHost: "official" };
  }
  const directory = await step("Pulumi engine", (note) =>
    cache.directory("engine", [engineVersion, process.arch, ...pins(engineModule.module)], async (partial) => {
      note("downloading the official release");
      if (await unpackRelease(partial)) return;
      note("download failed: building it from its Go module, about 5 minutes, once");
      await goBuild(engineModule, partial);
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
  // The engine searches for its language host next to itself before PATH.
  const pulumi = join(paths.bin, "pulumi");
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
