/** How long the program itself takes, beside an empty one, and how often it knocks at the node. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeptLab } from "../../keptLab";
import { asOperator, type StackName } from "../../operator";
import { labPaths, labRoot, repositoryRoot } from "../../paths";

/** What `pulumi new typescript` makes, without the comments. */
const template = {
  "index.ts": 'import * as pulumi from "@pulumi/pulumi";\n\nexport const project = pulumi.getProject();\n',
  "package.json": '{ "name": "empty", "main": "index.ts" }\n',
  "tsconfig.json":
    '{ "compilerOptions": { "strict": true, "outDir": "bin", "target": "es2020", "module": "commonjs", "moduleResolution": "node", "sourceMap": true, "experimentalDecorators": true, "pretty": true, "noFallthroughCasesInSwitch": true, "noImplicitReturns": true, "forceConsistentCasingInFileNames": true }, "files": ["index.ts"] }\n',
  "Pulumi.yaml": "name: empty\nruntime: nodejs\n",
};

/** Makes an empty program with a stack `dev`. @returns its directory */
export async function emptyProgram(kept: KeptLab): Promise<string> {
  const directory = join(labRoot, "empty");
  await mkdir(directory, { recursive: true });
  for (const [name, text] of Object.entries(template)) await writeFile(join(directory, name), text);
  await symlink(join(repositoryRoot, "node_modules"), join(directory, "node_modules"));
  await pulumi(kept, directory, "stack", "init", "dev");
  return directory;
}

/** @returns seconds @throws when the command fails */
export async function pulumi(kept: KeptLab, cwd: string, ...args: string[]): Promise<number> {
  const start = Date.now();
  const { status, stdout, stderr } = await asOperator(
    kept.state.engine.pulumi,
    ["pulumi", ...args, "--non-interactive", "--color=never"],
    { cwd },
  );
  if (status !== 0) throw new Error(`pulumi ${args.join(" ")}: ${stdout}${stderr}`);
  return (Date.now() - start) / 1000;
}

export const preview = (kept: KeptLab, stack: StackName, cwd: string = labPaths.project): Promise<number> =>
  pulumi(kept, cwd, "preview", "--stack", stack);
export const up = (kept: KeptLab, stack: StackName): Promise<number> =>
  pulumi(kept, labPaths.project, "up", "--yes", "--skip-preview", "--stack", stack);
