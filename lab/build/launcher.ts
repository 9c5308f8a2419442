/** Executables that run a program of the checkout, TypeScript or JavaScript, with Node.js. */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot, typescript } from "../paths";

/**
 * Writes an executable. It runs the program at its own path, by which the compile cache knows it.
 * @param source a file of the repository
 */
export async function writeLauncher(path: string, source: string): Promise<void> {
  const options = source.endsWith(".ts") ? typescript : [];
  const command = [process.execPath, ...options, join(repositoryRoot, source)].map((word) => `'${word}'`).join(" ");
  await writeFile(path, `#!/bin/sh\nNODE_PATH='${join(repositoryRoot, "node_modules")}' exec ${command} "$@"\n`);
  await chmod(path, 0o755);
}
