/** The version of the package that this command line is part of. */
import { readFileSync } from "node:fs";

/** By the package's own name, in a checkout as in an installed package. */
const manifest = require.resolve("kops-secondary-ingress/package.json");

export const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
