// npm's `prepare`: compiles the package into dist/ before it is packed, published, linked, or installed from a git address.
// An install in the checkout itself compiles nothing: Pulumi and the command line run the sources there. (An install from a
// git address makes such an install in its clone before it packs it.)
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import process from "node:process";

const { npm_command: command, INIT_CWD: startedIn } = process.env;
if (!["install", "ci"].includes(command) || startedIn !== process.cwd()) {
  rmSync("dist", { recursive: true, force: true });
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"];
  process.exitCode = spawnSync(process.execPath, tsc, { stdio: "inherit" }).status ?? 1;
}
