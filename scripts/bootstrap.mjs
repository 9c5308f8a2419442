// Entry of every npm script: installs the dependencies when the lockfile asks for it, then runs the task.
// Plain Node.js, for on a fresh clone nothing else is there yet.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import process from "node:process";

const root = fileURLToPath(new URL("..", import.meta.url));
const stampFile = `${root}node_modules/.installed-from`;

function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (error) throw error;
  return signal ? 1 : (status ?? 1);
}

function installDependencies() {
  const wanted = createHash("sha256")
    .update(readFileSync(`${root}package-lock.json`))
    .update(process.versions.modules)
    .digest("hex");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) return;
  console.error("Installing the project's npm packages (once per lockfile) …");
  // stdout is kept for what the task itself prints.
  const status = run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    stdio: ["ignore", process.stderr, process.stderr],
  });
  if (status !== 0) process.exit(status);
  writeFileSync(stampFile, wanted);
}

const node = (...args) => run(process.execPath, args);
const check = () =>
  node("node_modules/typescript/bin/tsc", "-p", ".") ||
  node("node_modules/eslint/bin/eslint.js", "--max-warnings=0", ".") ||
  node("node_modules/prettier/bin/prettier.cjs", "--check", "--log-level=warn", ".");

const program = (file) => (args) => node("-r", "ts-node/register/transpile-only", file, ...args);

const tasks = {
  lab: program("lab/cli.ts"),
  matrix: program("lab/campaigns/matrix.ts"),
  faults: program("lab/campaigns/faults.ts"),
  reboots: program("lab/campaigns/reboots.ts"),
  replacements: program("lab/campaigns/replacements.ts"),
  diagnoses: program("lab/campaigns/diagnoses.ts"),
  selfheals: program("lab/campaigns/selfheals.ts"),
  interleavings: program("lab/campaigns/interleavings.ts"),
  interruptions: program("lab/campaigns/interruptions.ts"),
  mutation: program("mutation/run.ts"),
  check,
  test: (args) => {
    console.error("Checking types, lint and format …");
    return check() || node("node_modules/mocha/bin/mocha.js", ...args);
  },
};

const [name, ...args] = process.argv.slice(2);
const task = tasks[name];
if (!task) {
  console.error(`unknown task '${name}': expected one of ${Object.keys(tasks).join(", ")}`);
  process.exit(2);
}
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node.js ${process.versions.node} is too old: install Node.js 20.19 or newer.`);
  process.exit(2);
}
process.chdir(root);
installDependencies();
process.exit(task(args));
