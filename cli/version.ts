/** The version of the package that this command line is part of. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Beside `cli/` in the repository, above `dist/` in the package. */
const manifests = [join(__dirname, "../package.json"), join(__dirname, "../../package.json")];

function readVersion(): string {
  for (const file of manifests) {
    try {
      return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
    } catch {
      continue;
    }
  }
  throw new Error(`expected the package's manifest at ${manifests.join(" or ")}, found none`);
}

export const version = readVersion();
