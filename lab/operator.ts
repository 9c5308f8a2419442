/** The operator: a user or tool in the `internet` namespace, with the program, its stacks and their credentials. */
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { secretsInVault } from "./cloud/vault";
import { awsEndpoint, namespaces, vault } from "./network/addresses";
import { nodeHostKey, nodeUser, operatorKey } from "./node/machine";
import { compileCache, labPaths, repositoryRoot, transpilation } from "./paths";
import { attempt, type Finished, run, type RunOptions } from "./process";

/** The stacks that the repository documents and the lab runs. */
export const stacks = ["dev", "prod"] as const;
export type StackName = (typeof stacks)[number];

/** Where the back end keeps a stack's state. */
export const stateFile = (stack: StackName): string =>
  join(labPaths.backend, `.pulumi/stacks/kops-secondary-ingress/${stack}.json`);

/** The program's files, as links, so that the next `up` runs the edited checkout. */
// prettier-ignore
const programFiles = ["Pulumi.yaml", "index.ts", "program.ts", "components", "hostfiles", "settings", "outputs", "automation", "dns", "operator", ...transpilation, "node_modules"];

/** The operator's access key, with only the permissions of `secondary-ingress iam`. */
export const operatorKeyId = "AKIALABOPERATOR00000";
/** An access key with administrator rights in the same account. */
export const administratorKeyId = "AKIALABADMIN00000000";

/** The operator's environment: only the lab's engine, plugins, state and AWS account. */
export function operatorEnvironment(pulumi: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS|PULUMI)_/.test(name));
  return {
    ...Object.fromEntries(inherited),
    PATH: [labPaths.bin, dirname(pulumi), process.env["PATH"]].join(":"),
    PULUMI_HOME: labPaths.pulumiHome,
    PULUMI_BACKEND_URL: `file://${labPaths.backend}`,
    PULUMI_CONFIG_PASSPHRASE: "the lab's stacks are thrown away",
    VAULT_ADDR: `http://${vault.host}:${vault.port}`,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    NODE_OPTIONS: compileCache,
    KUBECONFIG: labPaths.kubeconfig,
    AWS_ENDPOINT_URL: `http://${awsEndpoint.host}:${awsEndpoint.port}`,
    AWS_ACCESS_KEY_ID: operatorKeyId,
    AWS_SECRET_ACCESS_KEY: "lab",
    AWS_REGION: "eu-central-1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** The command line that runs a program in the `internet` namespace. */
export function inInternet(command: readonly string[]): string[] {
  return ["ip", "netns", "exec", namespaces.internet, ...command];
}

export function asOperator(pulumi: string, command: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [program = "", ...args] = inInternet(command);
  return attempt(program, args, { cwd: labPaths.project, env: operatorEnvironment(pulumi), ...options });
}

/** Writes a stack's settings: the repository's documented example with the lab's node. */
async function writeStackFile(stack: StackName): Promise<void> {
  const name = `Pulumi.${stack}.yaml`;
  const document = parseDocument(await readFile(join(repositoryRoot, name), "utf8"));
  document.setIn(["config", "kops-secondary-ingress:ssh"], { user: nodeUser, hostKey: await nodeHostKey() });
  await writeFile(join(labPaths.project, name), document.toString());
}

/** Creates the operator's project directory and, unless they exist, empty stacks. */
export async function createOperator(pulumi: string): Promise<void> {
  const present = existsSync(labPaths.backend);
  for (const directory of [labPaths.project, labPaths.pulumiHome, labPaths.backend])
    await mkdir(directory, { recursive: true });
  for (const file of programFiles) await symlink(join(repositoryRoot, file), join(labPaths.project, file));
  // Without its scripts: npm 11 fails in npx for a package of the directory that has a `prepare`.
  const manifest = JSON.parse(await readFile(join(repositoryRoot, "package.json"), "utf8")) as object;
  await writeFile(join(labPaths.project, "package.json"), JSON.stringify({ ...manifest, scripts: {} }));
  if (present) return;
  const engine = (args: readonly string[], options: RunOptions = {}): Promise<string> => {
    const [program = "", ...rest] = inInternet([pulumi, ...args, "--non-interactive"]);
    return run(program, rest, { cwd: labPaths.project, env: operatorEnvironment(pulumi), ...options });
  };
  const input = await readFile(operatorKey, "utf8");
  await Promise.all(
    stacks.map(async (stack) => {
      await writeStackFile(stack);
      await engine(["stack", "init", stack, "--no-select", secretsInVault]);
      await engine(["config", "set", "--secret", "--stack", stack, "kops-secondary-ingress:sshPrivateKey"], { input });
    }),
  );
}
