/** A stack in the hands of another program: opened once, run many times. */
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Changes, type Preview, previewOf } from "./changes";
import { diagnose } from "./diagnosis";
import { type EngineContext, engineCommand, findEngine, withEngineSlot } from "./engine";
import { AutomationError, ConfigInvalid, UpdateFailed } from "./errors";
import { type Outputs, parseOutputs } from "./outputs";
import { makeStack, type StackSettings } from "./project";
import { redactor, secretsOf } from "./redact";
import { type EngineRun, runEngine, type RunOptions } from "./run";

export type { StackSettings };

export interface OpenStackOptions {
  /** `dev`, or `organization/project/dev` where the back end has organizations. */
  stack: string;
  /** The project's directory, with `Pulumi.yaml` and the stacks' settings. */
  workDir: string;
  /**
   * Makes what is not there yet (directory, project file, stack), and writes the stack's settings file. Without it, the stack runs
   * with the settings that it has.
   */
  settings?: StackSettings;
  /** Where the state is kept, as for `pulumi login`: `file:///srv/state`, `s3://bucket`. Default: where the user is logged in. */
  backendUrl?: string;
  /**
   * Environment of the engine and its plugins, beside this process's own: AWS credentials, `PULUMI_CONFIG_PASSPHRASE`. Values of
   * variables that are named like secrets are taken out of every text.
   */
  env?: Readonly<Record<string, string>>;
  /** More secret variables, whatever their names. */
  secretEnv?: Readonly<Record<string, string>>;
  /** Where the engine keeps its plugins and log-ins; default `~/.pulumi`. */
  pulumiHome?: string;
  /** An installation of the engine, with `bin/pulumi` below; default: `pulumi` on PATH. */
  pulumiRoot?: string;
}

export interface UpResult extends Changes {
  outputs: Outputs;
}

export interface IngressStack {
  readonly name: string;
  /** What an `up` would do. Changes nothing. */
  preview(options?: RunOptions): Promise<Preview>;
  /** Makes the stack what its settings say. */
  up(options?: RunOptions): Promise<UpResult>;
  /** Brings the state in line with what is in AWS: `updated` has drifted, `deleted` is gone. */
  refresh(options?: RunOptions): Promise<Changes>;
  /** What the last `up` left. @throws {UpdateFailed} for a stack that is not up */
  outputs(): Promise<Outputs>;
  /** Removes what the stack has made; its settings and history stay. */
  destroy(options?: RunOptions): Promise<Changes>;
  /**
   * Clears the stack's lock. A run that holds it and still goes on loses nothing by that, but another may start beside it: for the
   * lock of a run that was killed.
   */
  cancel(): Promise<void>;
}

function contextOf(options: OpenStackOptions): EngineContext {
  const { stack, workDir, backendUrl, env, secretEnv, pulumiHome, pulumiRoot } = options;
  return {
    stackName: stack,
    workDir: resolve(workDir),
    pulumiRoot,
    env: {
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...env,
      ...secretEnv,
      ...(backendUrl === undefined ? {} : { PULUMI_BACKEND_URL: backendUrl }),
      ...(pulumiHome === undefined ? {} : { PULUMI_HOME: resolve(pulumiHome) }),
    },
  };
}

/** Values of the stack's secret settings. */
function secretSettings(json: string): string[] {
  const settings = JSON.parse(json) as Record<string, { value?: string; secret?: boolean }>;
  return Object.values(settings).flatMap(({ value, secret }) => (secret && value ? [value] : []));
}

/**
 * Opens a stack. It holds no process, file or connection, and many may be open and run side by side: at most as many engines run at
 * once as the machine has processors, the other runs wait. No stack is selected: `pulumi stack select` stays what it was.
 * @throws {AutomationError}: EngineMissing, ConfigInvalid, and StackNotFound where no settings are given
 */
export async function openStack(options: OpenStackOptions): Promise<IngressStack> {
  const context = contextOf(options);
  const { stackName, workDir, env } = context;
  const known = [
    ...secretsOf({ ...process.env, ...env }),
    ...Object.values(options.secretEnv ?? {}),
    ...(options.settings?.sshPrivateKey ? [options.settings.sshPrivateKey] : []),
  ];
  const command = await findEngine(context);

  /** A short command of the engine's, its failure named. */
  async function told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AutomationError || !(error instanceof Error)) throw error;
      throw diagnose({ stackName, reported: [], printed: redactor(known)(error.message) });
    }
  }
  const ask = (...args: string[]): Promise<string> =>
    told(() => engineCommand(command, context, [...args, "--stack", stackName]));

  const { settings } = options;
  if (!settings && !existsSync(join(workDir, "Pulumi.yaml"))) {
    throw new ConfigInvalid(
      stackName,
      `workDir: expected a directory with a Pulumi.yaml, found none in ${workDir}: name the project's directory, or give settings`,
    );
  }
  /** Read before every run: a setting may have been added. Fails for a stack that is not there. */
  const redaction = async (): Promise<(text: string) => string> =>
    redactor([...known, ...secretSettings(await ask("config", "--show-secrets", "--json"))]);
  await withEngineSlot(undefined, async () => {
    if (settings) await told(() => makeStack(context, command, settings));
    await redaction();
  });

  const workspace = await LocalWorkspace.create({ workDir, envVars: { ...env }, pulumiCommand: command });
  // Runs name their stack; selecting it would change what the user's own next command works on.
  workspace.selectStack = () => Promise.resolve();
  const stack = await Stack.select(stackName, workspace);

  const run = (options: RunOptions, work: (run: EngineRun) => Promise<unknown>): Promise<Changes> =>
    withEngineSlot(options.signal, async () => runEngine(stackName, options, await redaction(), work));

  async function outputs(): Promise<Outputs> {
    const json = await withEngineSlot(undefined, () => ask("stack", "output", "--json", "--show-secrets"));
    const parsed = parseOutputs(JSON.parse(json) as Record<string, unknown>);
    if (!("problem" in parsed)) return parsed;
    throw new UpdateFailed(
      stackName,
      `stack '${stackName}': expected the outputs of a stack that is up, found\n${parsed.problem}\nRun up first.`,
    );
  }

  return {
    name: stackName,
    preview: async (options = {}) => previewOf(await run(options, (run) => stack.preview(run))),
    up: async (options = {}) => {
      const changes = await run(options, (run) => stack.up(run));
      return { ...changes, outputs: await outputs() };
    },
    refresh: (options = {}) => run(options, (run) => stack.refresh(run)),
    outputs,
    destroy: (options = {}) => run(options, (run) => stack.destroy(run)),
    cancel: async () => {
      await withEngineSlot(undefined, () => ask("cancel", "--yes"));
    },
  };
}
