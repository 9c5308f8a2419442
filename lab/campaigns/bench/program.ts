/** Duration of the program compared with an empty one, and its SSH logins and AWS calls. */
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeptLab } from "../../keptLab";
import { asOperator, type StackName } from "../../operator";
import { labPaths, labRoot, repositoryRoot, transpilation } from "../../paths";
import { stackOutputs } from "../../proof/outputs";
import { awsCalls, sshLogins } from "../../proof/proof";
import { devUrls, prodUrls } from "../../proof/urls";
import type { Note } from "../../progress";
import { shuffled } from "./statistics";

/** The output of `pulumi new typescript`: pulumi/templates at 65db26b, August 2026, with the names filled in. */
const template = (name: string): Record<string, string> => ({
  "Pulumi.yaml": `name: ${name}
description: A minimal TypeScript Pulumi program
runtime: nodejs
config:
  pulumi:tags:
    value:
      pulumi:template: typescript
`,
  "index.ts": `import * as pulumi from "@pulumi/pulumi";
`,
  "package.json": `{
    "name": "${name}",
    "main": "index.ts",
    "devDependencies": {
        "@types/node": "^18",
        "typescript": "^5.0.0"
    },
    "dependencies": {
        "@pulumi/pulumi": "^3.113.0"
    }
}
`,
  "tsconfig.json": `{
    "compilerOptions": {
        "strict": true,
        "outDir": "bin",
        "target": "es2020",
        "module": "nodenext",
        "moduleResolution": "nodenext",
        "sourceMap": true,
        "experimentalDecorators": true,
        "pretty": true,
        "noFallthroughCasesInSwitch": true,
        "noImplicitReturns": true,
        "forceConsistentCasingInFileNames": true
    },
    "files": [
        "index.ts"
    ]
}
`,
});

/**
 * Creates an empty program with this repository's packages.
 * @returns its directory
 */
async function emptyProgram(name: string): Promise<string> {
  const directory = join(labRoot, name);
  await mkdir(directory, { recursive: true });
  for (const [file, text] of Object.entries(template(name))) await writeFile(join(directory, file), text);
  await symlink(join(repositoryRoot, "node_modules"), join(directory, "node_modules"));
  return directory;
}

/**
 * @returns seconds
 * @throws if the command fails
 */
async function pulumi(kept: KeptLab, cwd: string, ...args: string[]): Promise<number> {
  const start = Date.now();
  const { status, stdout, stderr } = await asOperator(
    kept.state.engine.pulumi,
    // A user's machine has no compile cache.
    ["env", "--unset=NODE_OPTIONS", "pulumi", ...args, "--non-interactive", "--color=never"],
    { cwd },
  );
  if (status !== 0) throw new Error(`pulumi ${args.join(" ")}: ${stdout}${stderr}`);
  return (Date.now() - start) / 1000;
}

const preview = (kept: KeptLab, stack: StackName, cwd: string = labPaths.project): Promise<number> =>
  pulumi(kept, cwd, "preview", "--stack", stack);
export const up = (kept: KeptLab, stack: StackName, cwd: string = labPaths.project): Promise<number> =>
  pulumi(kept, cwd, "up", "--yes", "--skip-preview", "--stack", stack);

/** Cost of one `up`. */
export interface Up {
  seconds: number;
  sshLogins: number;
  awsCalls: number;
}

async function counted(kept: KeptLab, stack: StackName): Promise<Up> {
  const [logins, calls] = [await sshLogins(), (await awsCalls()).length];
  const seconds = await up(kept, stack);
  return { seconds, sshLogins: (await sshLogins()) - logins, awsCalls: (await awsCalls()).length - calls };
}

export interface ProgramFigures {
  /** Seconds per run. The template type-checks at every run; the other empty program does not, like ours. */
  previews: { empty: number[]; emptyUnchecked: number[]; dev: number[]; prod: number[] };
  /** `up`s without changes, per run; for the empty programs only seconds. */
  unchanged: { empty: number[]; emptyUnchecked: number[]; dev: Up[]; prod: Up[] };
  /** Measured once. `bothUrls`: seconds from the start of the first `up` until dev's and prod's URLs respond. */
  first: { dev: Up; prod: Up; bothUrls: number };
}

async function serving(): Promise<void> {
  const rows = [...(await devUrls(await stackOutputs("dev"))), ...(await prodUrls(await stackOutputs("prod")))];
  const failing = rows.filter(({ ok }) => !ok).map(({ id, observed }) => `${id}: ${observed}`);
  if (failing.length > 0) throw new Error(`expected dev and prod to serve, found ${failing.join(", ")}`);
}

export async function measureProgram(kept: KeptLab, runs: number, note: Note): Promise<ProgramFigures> {
  const start = Date.now();
  const dev = await counted(kept, "dev");
  const prod = await counted(kept, "prod");
  await serving();
  const bothUrls = (Date.now() - start) / 1000;
  note(`first up: dev ${dev.seconds.toFixed(1)} s, prod ${prod.seconds.toFixed(1)} s`);

  const empty = await emptyProgram("empty");
  const unchecked = await emptyProgram("empty-unchecked");
  for (const file of transpilation) await cp(join(repositoryRoot, file), join(unchecked, file), { recursive: true });
  for (const directory of [empty, unchecked]) {
    await pulumi(kept, directory, "stack", "init", "dev");
    await up(kept, "dev", directory);
  }

  const previews: ProgramFigures["previews"] = { empty: [], emptyUnchecked: [], dev: [], prod: [] };
  const unchanged: ProgramFigures["unchanged"] = { empty: [], emptyUnchecked: [], dev: [], prod: [] };
  const measurements: readonly (() => Promise<unknown>)[] = [
    async () => previews.empty.push(await preview(kept, "dev", empty)),
    async () => previews.emptyUnchecked.push(await preview(kept, "dev", unchecked)),
    async () => previews.dev.push(await preview(kept, "dev")),
    async () => previews.prod.push(await preview(kept, "prod")),
    async () => unchanged.empty.push(await up(kept, "dev", empty)),
    async () => unchanged.emptyUnchecked.push(await up(kept, "dev", unchecked)),
    async () => unchanged.dev.push(await counted(kept, "dev")),
    async () => unchanged.prod.push(await counted(kept, "prod")),
  ];
  for (let number = 1; number <= runs; number++) {
    for (const measure of shuffled(measurements)) await measure();
    note(`${number}: previews and ups that change nothing`);
  }
  return { previews, unchanged, first: { dev, prod, bothUrls } };
}
