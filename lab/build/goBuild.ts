/** Builds programs from Go modules that the repository pins by go.mod and go.sum. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildLogs, repositoryRoot } from "../paths";
import { run, which } from "../process";

export interface GoBuild {
  /** Used in messages and as the log's name. */
  name: string;
  /** Directory of the go.mod, relative to the repository or absolute. */
  module: string;
  packages: readonly string[];
  /** Linker flag that sets the reported version, `-X path=value`. */
  version?: string;
}

/** The files that pin a module; part of the cache key. */
export function pins(module: string): string[] {
  return ["go.mod", "go.sum"].map((file) => readFileSync(join(repositoryRoot, module, file), "utf8"));
}

/** What Go needs to know: go.sum holds every checksum, so the checksum database is not needed. */
const goEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  CGO_ENABLED: "0",
  GOFLAGS: "-buildvcs=false",
  GOWORK: "off",
  GOSUMDB: "off",
});

/** The sources of a module that the given one requires, in Go's own cache. */
export async function moduleDirectory(module: string, required: string): Promise<string> {
  const options = { cwd: join(repositoryRoot, module), env: goEnvironment() };
  return (await run("go", ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", required], options)).trim();
}

/**
 * Builds the programs into `directory`.
 * @throws if Go is not installed, or with the end of the log if the build fails
 */
export async function goBuild({ name, module, packages, version }: GoBuild, directory: string): Promise<void> {
  const go = await which("go");
  if (!go) {
    throw new Error(
      `${name} is neither installed nor downloadable here, and Go, which builds it, is not installed. ` +
        `Install Go 1.26 or newer and try again.`,
    );
  }
  await run(
    go,
    // prettier-ignore
    ["build", "-mod=readonly", "-trimpath", "-ldflags", `-s -w ${version ? `-X ${version}` : ""}`, "-o", `${directory}/`, ...packages],
    {
      cwd: resolve(repositoryRoot, module),
      env: goEnvironment(),
      log: join(buildLogs, `${name}-build.log`),
    },
  );
}

/** Downloads the source of a module, `path@version`, into Go's cache; `Sum` is its checksum as go.sum has it. */
export async function goModule(module: string): Promise<{ Dir: string; Sum: string }> {
  const options = { cwd: buildLogs, env: goEnvironment() };
  return JSON.parse(await run("go", ["mod", "download", "-json", module], options)) as { Dir: string; Sum: string };
}
