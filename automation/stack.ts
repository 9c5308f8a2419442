/** A stack in the hands of another program: opened once, run many times. */
import { LocalWorkspace, type OutputMap, Stack } from "@pulumi/pulumi/automation";
import { type Changes, type Preview, previewOf } from "./changes";
import { stackCommands, type StackLocation } from "./commands";
import { findEngine, withEngineSlot } from "./engine";
import { UpdateFailed } from "./errors";
import { type Outputs, parseOutputs } from "./outputs";
import { findProject } from "./findProject";
import { makeStack, type StackSettings } from "./project";
import { secretSettings } from "./reader";
import { redactor } from "./redact";
import { type EngineRun, runEngine, type RunOptions } from "./run";

export type { StackSettings };

export interface OpenStackOptions extends StackLocation {
  /**
   * Creates what is missing (directory, project file, stack), and writes the stack's settings file. Without it, the stack must exist
   * and runs with the settings that it has.
   */
  settings?: StackSettings;
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

/**
 * Opens a stack. It holds no process, file or connection, and many may be open and run side by side: at most as many engines run at
 * once as the machine has processors, the other runs wait. No stack is selected: `pulumi stack select` stays what it was.
 * @throws {AutomationError}: EngineMissing, ConfigInvalid, and StackNotFound where no settings are given
 */
export async function openStack(options: OpenStackOptions): Promise<IngressStack> {
  const { settings } = options;
  const commands = stackCommands(options, settings?.sshPrivateKey ? [settings.sshPrivateKey] : []);
  const { context, secrets, withDiagnosis } = commands;
  const { stackName, workDir, env } = context;
  const engine = await findEngine(context);
  /** Read before every run, since a setting may have been added. Fails if the stack does not exist. */
  const redaction = async (): Promise<(text: string) => string> =>
    redactor([...secrets, ...(await secretSettings(commands))]);
  if (!settings) findProject(context);
  await withEngineSlot(undefined, async () => {
    if (settings) await withDiagnosis(() => makeStack(context, engine, settings));
    await redaction();
  });

  const workspace = await LocalWorkspace.create({ workDir, envVars: { ...env }, pulumiCommand: engine });
  // Every run names its stack; selecting it would change what the user's next command works on.
  workspace.selectStack = () => Promise.resolve();
  const stack = await Stack.select(stackName, workspace);

  const run = (options: RunOptions, work: (run: EngineRun) => Promise<unknown>): Promise<Changes> =>
    withEngineSlot(options.signal, async () => runEngine(stackName, options, await redaction(), work));

  function outputsOf(found: Record<string, unknown>): Outputs {
    const parsed = parseOutputs(found);
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
      let outputs: OutputMap = {};
      const changes = await run(options, async (run) => {
        ({ outputs } = await stack.up(run));
      });
      const plain = Object.entries(outputs).map(([name, { value }]) => [name, value as unknown]);
      return { ...changes, outputs: outputsOf(Object.fromEntries(plain) as Record<string, unknown>) };
    },
    refresh: (options = {}) => run(options, (run) => stack.refresh(run)),
    outputs: async () => {
      const json = await withEngineSlot(undefined, () => commands.run(["stack", "output", "--json", "--show-secrets"]));
      return outputsOf(JSON.parse(json) as Record<string, unknown>);
    },
    destroy: (options = {}) => run(options, (run) => stack.destroy(run)),
    cancel: async () => {
      await withEngineSlot(undefined, () => commands.run(["cancel", "--yes"]));
    },
  };
}
