/** The lab's command line, as a person runs it. */
import { spawnSync } from "node:child_process";
import { repositoryRoot } from "./paths";

export function labCommand(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync("npm", ["run", "--silent", "lab", "--", ...args], { cwd: repositoryRoot, encoding: "utf8" });
}
