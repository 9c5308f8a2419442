/** Finds a Pulumi project as `pulumi` does: in a directory or in one above it. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import type { EngineContext } from "./engine";
import { ConfigInvalid } from "./errors";

const fileNames = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** @throws {ConfigInvalid} if there is no project */
export function findProject({ stackName, workDir }: EngineContext): { name: string } {
  let directory = workDir;
  for (let above = ""; existsSync(workDir) && directory !== above; directory = dirname(directory)) {
    const file = fileNames.map((name) => join(directory, name)).find((each) => existsSync(each));
    if (file !== undefined) return parse(readFileSync(file, "utf8")) as { name: string };
    above = directory;
  }
  throw new ConfigInvalid(
    stackName,
    `stack '${stackName}': expected a project (Pulumi.yaml) in ${workDir} or above it, found none: name the project's directory`,
  );
}
