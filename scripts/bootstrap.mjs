// Entry of every npm script: takes a newer Node.js where this one is too old, installs the dependencies when the lockfile asks for it,
// then runs the task. Plain Node.js, for on a fresh clone nothing else is there yet; runs on Node.js 18.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { campaign } from "./campaigns.mjs";
import { goOnWithNewerNode, isNewEnough } from "./newerNode.mjs";

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

/** Options of Node.js that run TypeScript. */
const typescript = ["-r", `${root}scripts/register.cjs`];

const node = (...args) => run(process.execPath, args);

/** Runs a program beside others: what it prints is returned when it has ended. */
function aside(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
    let output = "";
    for (const stream of ["stdout", "stderr"]) child[stream].setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? 1, output }));
  });
}

/** Of each check, what it has found out about files that are as they were; each compares contents and settings. */
const cached = (name) => `node_modules/.cache/${name}`;
const types = ["node_modules/typescript/bin/tsc", "-p", ".", "--incremental", "--tsBuildInfoFile", cached("tsc.json")];
const byContent = ["--cache", "--cache-strategy=content", "--cache-location"];
const lint = ["node_modules/eslint/bin/eslint.js", "--max-warnings=0", ...byContent, cached("eslint.json"), "."];
const prettier = ["node_modules/prettier/bin/prettier.cjs", "--log-level=warn", ...byContent, cached("prettier.json")];

async function check() {
  const checks = await Promise.all(
    [types, lint, [...prettier, "--check", "."]].map((args) => aside(process.execPath, args)),
  );
  for (const { output } of checks) process.stdout.write(output);
  return Math.max(...checks.map(({ status }) => status));
}

const filesOf = (folder) =>
  readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `${folder}/${name}`);

const mocha = "node_modules/mocha/bin/mocha.js";
const allTests = "tests/**/*.test.ts";

/** The tests that bring a lab up, and one that waits for npm as long. */
const labTests = ["tests/docs.test.ts", "tests/gitAddress.test.ts", ...filesOf("tests/lab")];

/** Labs beside each other, by their names: two keep two processors busy, and each has probers and timers to run for as long as it is up. */
const labNames = ["a", "b"];

/** Milliseconds that each file took when it was last run beside others. */
const durationsFile = `${root}${cached("test-durations.json")}`;

function lastDurations() {
  try {
    return JSON.parse(readFileSync(durationsFile, "utf8"));
  } catch {
    return {}; // never run, or cut short
  }
}

/** Those that take longest where all are run, for a machine that has not run them. */
const usuallyLongest = ["main-job", "balancer", "life", "node", "iam", "faults", "kept-lab"];

/** The longest first, so that no lab is still busy with one while the others have none left. */
function longestFirst(files) {
  const durations = lastDurations();
  const rank = (file) => {
    const usual = usuallyLongest.indexOf(basename(file, ".test.ts"));
    return usual < 0 ? usuallyLongest.length : usual;
  };
  return files.toSorted((a, b) => (durations[b] ?? Infinity) - (durations[a] ?? Infinity) || rank(a) - rank(b));
}

/** Passed, failed and skipped, of a run's closing line; a run that ends without one has failed. */
function countsOf({ status, output }) {
  const counts = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(output)?.slice(1).map(Number) ?? [0, 1, 0];
  return counts[1] === 0 && status !== 0 ? [counts[0], 1, counts[2]] : counts;
}

/** What a failed run says of its failures, for the end of a long report: Mocha's own list, or the last lines of a run that gave none. */
const failuresOf = (output) =>
  output
    .slice(output.search(/^\s+\d+ failing$/m))
    .split("\n")
    .slice(-failureLines)
    .join("\n");
const failureLines = 60;

/** The tests that need no lab, on every processor. */
const onEveryProcessor = ["--parallel", "--jobs", `${availableParallelism()}`];
const withoutLabs = [mocha, ...onEveryProcessor, allTests, ...labTests.flatMap((file) => ["--ignore", file])];

/** Further options are Mocha's. */
const testWithoutLabs = (args) => node(...withoutLabs, ...args);

/** Tests by file, by `--grep`, or by any other option of Mocha. */
const testSome = (args) => node(mocha, ...(args.some((arg) => arg.startsWith("tests/")) ? [] : [allTests]), ...args);

/** A program that gives way to the labs. */
const politely = (...args) => aside("nice", [process.execPath, ...args]);

/** Those whose programs take so long to build that a test would end while it waits for them. */
const needBuilds = ["tests/lab/cilium.test.ts", "tests/lab/ingress.test.ts", "tests/lab/kubelet.test.ts"];

/**
 * Each file of tests in turn, in whichever lab is free; what it prints comes when it has ended.
 * @param builds of what labs need
 */
async function testInLabs(builds) {
  const runs = [];
  const durations = {};
  let waiting = longestFirst(labTests.filter((file) => !needBuilds.includes(file)));
  const built = builds.then(() => (waiting = longestFirst([...waiting, ...needBuilds])));
  const inLab = async (name) => {
    const env = { ...process.env, LAB_NAME: name };
    for (;;) {
      if (waiting.length === 0) await built;
      const file = waiting.shift();
      if (!file) return;
      console.error(`${file} …`);
      const start = Date.now();
      const run = await aside(process.execPath, [mocha, file], { env });
      durations[file] = Date.now() - start;
      console.error(`${file}: ${(durations[file] / 1000).toFixed(0)} s`);
      process.stdout.write(run.output);
      runs.push({ name: file, ...run });
      // One that was ended leaves its lab, in which the next could not begin.
      if (run.status !== 0) await aside(process.execPath, [...typescript, "lab/cli.ts", "down"], { env });
    }
  };
  await Promise.all(labNames.map((name) => inLab(name)));
  mkdirSync(`${root}${cached("")}`, { recursive: true });
  writeFileSync(durationsFile, JSON.stringify(durations, undefined, 2));
  return runs;
}

/**
 * Checks and all tests, beside each other: a lab mostly waits, and the others give way to it. What labs need is built meanwhile; where
 * that fails, the tests say so.
 */
async function testAll() {
  console.error(
    "Types, lint and format, the tests that need no lab, and what labs are built from: beside the tests in labs …",
  );
  const [checked, builds, others] = [
    check(),
    politely(...typescript, "lab/build/prebuild.ts"),
    politely(...withoutLabs),
  ];
  const inLabs = await testInLabs(builds);
  console.error("Waiting for the tests that need no lab …");
  const other = await others;
  process.stdout.write(other.output);
  const wrong = await checked;
  const runs = [...inLabs, { name: "the tests that need no lab", ...other }];
  const [passed, failed, skipped] = [...runs.map((run) => countsOf(run)), [wrong ? 0 : 1, wrong ? 1 : 0, 0]].reduce(
    (sum, counts) => sum.map((n, i) => n + counts[i]),
  );
  for (const run of runs.filter((run) => countsOf(run)[1] > 0))
    process.stdout.write(`\nFailed in ${run.name}:\n${failuresOf(run.output)}\n`);
  process.stdout.write(
    `\nThe tests in labs, the others, and as one the checks of types, lint and format${wrong ? " (which failed: npm run check)" : ""}.\n` +
      `${passed} passed, ${failed} failed, ${skipped} skipped\n`,
  );
  return failed === 0 ? 0 : 1;
}

const program = (file) => (args) => node(...typescript, file, ...args);

const tasks = {
  lab: program("lab/cli.ts"),
  campaign: (args) => campaign(args, (file, options) => program(file)(options)),
  bench: program("lab/campaigns/bench.ts"),
  check,
  lint: (args) => node(...lint, ...args),
  format: () => node(...prettier, "--write", "."),
  test: async (args) => {
    if (args.length === 0) return testAll();
    console.error("Checking types, lint and format …");
    const wrong = await check();
    if (wrong) return wrong;
    return args.includes("--no-lab") ? testWithoutLabs(args.filter((arg) => arg !== "--no-lab")) : testSome(args);
  },
};

const [name, ...args] = process.argv.slice(2);
const task = tasks[name];
if (!task) {
  console.error(`unknown task '${name}': expected one of ${Object.keys(tasks).join(", ")}`);
  process.exit(2);
}
if (!isNewEnough()) await goOnWithNewerNode();
process.chdir(root);
installDependencies();
process.exit(await task(args));
