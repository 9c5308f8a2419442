/** Makes what a stack needs from settings given in code: the project's file, the stack, and its settings. */
import { LocalWorkspace, type PulumiCommand } from "@pulumi/pulumi/automation";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { ConfigError, readConfig, type StackSettings } from "../settings/read";
import { type EngineContext, EngineCommandFailed, engineCommand } from "./engine";
import { ConfigInvalid } from "./errors";

export type { StackSettings };

const project = "kops-secondary-ingress";
const privateKey = `${project}:sshPrivateKey`;

/** The program that every project of ours runs; beside it, or above where it is compiled, lies its project file. */
const program = require.resolve("../index");

function packageFile(name: string): string {
  const beside = join(dirname(program), name);
  return existsSync(beside) ? beside : join(dirname(program), "..", name);
}

/** Writes a project file that leads to the program, in one step: another stack of the directory may be read at the same time. */
async function makeProject(workDir: string): Promise<void> {
  const file = join(workDir, "Pulumi.yaml");
  if (existsSync(file)) return;
  await mkdir(workDir, { recursive: true });
  const text = await readFile(packageFile("Pulumi.yaml"), "utf8");
  const main = relative(workDir, program);
  const partial = `${file}.${process.pid}-${Math.random().toString(36).slice(2)}`;
  await writeFile(
    partial,
    text.replace(/^main: .*$/m, () => `main: ${JSON.stringify(main)}`),
  );
  await rename(partial, file);
}

/** By the name that `pulumi config` has for it. */
const qualified = (key: string): string => (key.includes(":") ? key : `${project}:${key}`);

/** @throws {ConfigInvalid} naming every fault; nothing has been made then */
function check(stackName: string, settings: StackSettings): void {
  const all = Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [qualified(key), typeof value === "string" ? value : JSON.stringify(value)]);
  try {
    readConfig(project, Object.fromEntries(all) as Record<string, string>, stackName);
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigInvalid(stackName, error.message) : error;
  }
}

/** The stack's settings file becomes what is given; an encrypted key stays unless another is given. */
async function writeSettings(context: EngineContext, engine: PulumiCommand, settings: StackSettings): Promise<void> {
  const { stackName, workDir } = context;
  const workspace = await LocalWorkspace.create({ workDir, pulumiCommand: engine });
  const file = join(workDir, `Pulumi.${stackName}.yaml`);
  const before = existsSync(file) ? await workspace.stackSettings(stackName) : {};
  const kept = before.config?.[privateKey];
  const { sshPrivateKey, ...plain } = settings;
  const config = Object.fromEntries(
    Object.entries(plain).flatMap(([key, value]) => (value === undefined ? [] : [[qualified(key), value]])),
  );
  await workspace.saveStackSettings(stackName, {
    ...before,
    config: { ...config, ...(kept === undefined ? {} : { [privateKey]: kept }) },
  });
  if (sshPrivateKey === undefined) return;
  // By stdin: a command line is for everybody on the machine to read.
  await engineCommand(context, ["config", "set", "--secret", "--stack", stackName, privateKey], sshPrivateKey);
}

/** @throws {ConfigInvalid} before anything is made, {EngineCommandFailed} */
export async function makeStack(context: EngineContext, engine: PulumiCommand, settings: StackSettings): Promise<void> {
  const { stackName, workDir } = context;
  check(stackName, settings);
  await makeProject(workDir);
  try {
    await engineCommand(context, ["stack", "init", stackName, "--no-select"]);
  } catch (error) {
    if (!(error instanceof EngineCommandFailed && /already exists/.test(error.message))) throw error;
  }
  await writeSettings(context, engine, settings);
}
