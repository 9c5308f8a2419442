/** The real engine on this machine's loopback, with the lab's AWS endpoint and no lab: what a stack needs that makes no SSH connection. */
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import type { CallRecord } from "../../lab/aws/callRecord";
import { type Endpoint, startEndpoint } from "../../lab/aws/endpoint";
import type { Fault } from "../../lab/aws/fault";
import { acquireEngine } from "../../lab/engine/engine";
import { secretsInVault, startVault } from "../../lab/cloud/vault";
import { labAccount, labCluster } from "../../lab/cloud/labAccount";
import { compileCache, transpilation } from "../../lab/paths";
import { repositoryRoot } from "./paths";
import { choosePlugins } from "../../lab/plugins";
import { run } from "./process";

/** Settings of a stack, by key of the project; keys with a namespace are left as they are. */
export type StackSettings = Record<string, unknown>;

export interface LoopbackEngine {
  endpoint: Endpoint;
  /** Faults to come; a test adds to them. */
  faults: Fault[];
  /** Every call that the endpoint answered. */
  calls: CallRecord[];
  /** AWS answers no change until the returned function is called. */
  hold(): () => void;
  /** Directory of the engine's installation; `bin/pulumi` is below. */
  pulumiRoot: string;
  pulumiHome: string;
  backendUrl: string;
  /** What the engine and its plugins need to find the endpoint and nothing else. */
  env: Record<string, string>;
  /** The same, and what `pulumi` itself needs: for programs that call it. */
  operatorEnv: NodeJS.ProcessEnv;
  /** A directory with the project's own program, for stacks of one test. */
  project: string;
  /** Runs `pulumi` in a project's directory, by default the shared one, and returns its stdout. */
  pulumi(args: readonly string[], options?: { cwd?: string; input?: string }): Promise<string>;
  /** Makes an empty stack of mode node-port on the lab's cluster. A passphrase is slower, and Pulumi's default. */
  addStack(name: string, settings?: StackSettings, secrets?: "vault" | "passphrase"): Promise<void>;
  stop(): Promise<void>;
}

/** A Pulumi project whose program is this checkout's: edits of the sources are what runs. */
async function makeProject(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await cp(join(repositoryRoot, "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
  await cp(join(repositoryRoot, "package.json"), join(directory, "package.json"));
  for (const file of [...transpilation, "node_modules"])
    await symlink(join(repositoryRoot, file), join(directory, file));
  await writeFile(join(directory, "index.ts"), `export = require(${JSON.stringify(join(repositoryRoot, "index"))});\n`);
}

export async function startLoopbackEngine(): Promise<LoopbackEngine> {
  const root = await mkdtemp(join(tmpdir(), "ksi-engine-"));
  const paths = {
    bin: join(root, "bin"),
    pulumiHome: join(root, "home"),
    backend: join(root, "state"),
    project: join(root, "project"),
  };
  for (const directory of [paths.bin, paths.pulumiHome, paths.backend]) await mkdir(directory, { recursive: true });
  const { pulumi } = await acquireEngine(paths);
  if (dirname(pulumi) !== paths.bin) await symlink(pulumi, join(paths.bin, "pulumi"));
  await choosePlugins("auto", paths);
  await makeProject(paths.project);
  const faults: Fault[] = [];
  const calls: CallRecord[] = [];
  let held: Promise<void> = Promise.resolve();
  const endpoint = await startEndpoint({
    account: labAccount(),
    host: "127.0.0.1",
    port: 0,
    faults,
    onCall: (call) => calls.push(call),
    onChange: () => held,
  });
  const vault = await startVault("127.0.0.1", 0);
  const env = {
    NODE_OPTIONS: compileCache,
    PULUMI_CONFIG_PASSPHRASE: "correct horse battery staple",
    VAULT_ADDR: vault.url,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: "AKIALABOPERATOR00000",
    AWS_SECRET_ACCESS_KEY: "secret-of-the-loopback-account",
    AWS_REGION: "eu-central-1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const backendUrl = `file://${paths.backend}`;
  const operatorEnv = {
    ...process.env,
    ...env,
    PATH: `${paths.bin}:${process.env["PATH"]}`,
    PULUMI_HOME: paths.pulumiHome,
    PULUMI_BACKEND_URL: backendUrl,
  };
  const command: LoopbackEngine["pulumi"] = (args, options = {}) =>
    run(pulumi, [...args, "--non-interactive"], {
      cwd: paths.project,
      ...options,
      env: operatorEnv,
    });
  return {
    endpoint,
    faults,
    calls,
    hold: () => {
      let release: () => void = () => undefined;
      held = new Promise((resolve) => (release = resolve));
      return release;
    },
    pulumiRoot: root,
    pulumiHome: paths.pulumiHome,
    backendUrl,
    env,
    operatorEnv,
    project: paths.project,
    pulumi: command,
    addStack: async (name, settings = {}, secrets = "vault") => {
      const given = { mode: "node-port", clusterName: labCluster, "aws:region": "eu-central-1", ...settings };
      const config = Object.fromEntries(
        Object.entries(given).map(([key, value]) => [key.includes(":") ? key : `kops-secondary-ingress:${key}`, value]),
      );
      await writeFile(join(paths.project, `Pulumi.${name}.yaml`), stringify({ config }));
      await command(["stack", "init", name, "--no-select", ...(secrets === "vault" ? [secretsInVault] : [])]);
    },
    stop: async () => {
      await endpoint.close();
      vault.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
