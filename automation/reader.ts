/** What a stack has, read without a program, without selecting it, and with no more of its secrets than are asked for. */
import { type StackCommands, stackCommands, type StackLocation } from "./commands";
import { findProject } from "./findProject";
import { redacted } from "./redact";
import { outputsOf, type StackState } from "./state";

/** Whether a setting or output is needed even if it is secret: the engine then asks for the passphrase. */
type Needed = (key: string) => boolean;

export interface StackReader {
  /** Name of the project, the namespace of its settings. */
  project: string;
  /** The settings as text, by their whole keys, without secret ones that are not needed. */
  settings(needed: Needed): Promise<Record<string, string>>;
  /** The outputs, with `[secret]` for secret ones that are not needed; empty if the stack is not up. */
  outputs(needed: Needed): Promise<Record<string, unknown>>;
  state(): Promise<StackState>;
  replaceState(state: StackState): Promise<void>;
  /** Sets plain settings, by their whole keys, all of them or none. */
  set(settings: Readonly<Record<string, string>>): Promise<void>;
  /** Values of secret settings and outputs, to remove them from texts. */
  secrets(): Promise<string[]>;
}

type Settings = Record<string, { value?: string; secret: boolean }>;

/** Values of the stack's secret settings. */
export async function secretSettings({ run }: StackCommands): Promise<string[]> {
  const settings = JSON.parse(await run(["config", "--json", "--show-secrets"])) as Settings;
  return Object.values(settings).flatMap(({ value, secret }) => (secret && value ? [value] : []));
}

/** @throws {AutomationError} ConfigInvalid without a project; the reader's calls throw EngineMissing, StackNotFound and ConfigInvalid */
export function readStack(location: StackLocation): StackReader {
  const commands = stackCommands(location);
  const { run, context } = commands;
  const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await run(args)) as T;
  const state = (): Promise<StackState> => json("stack", "export");
  const decrypted = (): Promise<Record<string, unknown>> => json("stack", "output", "--json", "--show-secrets");
  const secretOutputs = async (outputs: Record<string, unknown>, needed: Needed): Promise<Record<string, unknown>> => {
    const keys = Object.keys(outputs).filter((key) => outputs[key] === redacted && needed(key));
    const all = keys.length > 0 ? await decrypted() : {};
    return Object.fromEntries(keys.map((key) => [key, all[key]]));
  };
  return {
    project: findProject(context).name,
    async settings(needed) {
      const shown = await json<Settings>("config", "--json");
      const hidden = Object.keys(shown).filter((key) => shown[key]?.secret && needed(key));
      const all = hidden.length > 0 ? await json<Settings>("config", "--json", "--show-secrets") : shown;
      return Object.fromEntries(
        Object.entries(all).flatMap(([key, { value, secret }]) =>
          value === undefined || (secret && !needed(key)) ? [] : [[key, value]],
        ),
      );
    },
    async outputs(needed) {
      const outputs = outputsOf(await state());
      return { ...outputs, ...(await secretOutputs(outputs, needed)) };
    },
    state,
    async replaceState(next) {
      await run(["stack", "import"], JSON.stringify(next));
    },
    async set(settings) {
      const pairs = Object.entries(settings).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
      await run(["config", "set-all", ...pairs]);
    },
    async secrets() {
      const outputs = await secretOutputs(outputsOf(await state()), () => true);
      return [...(await secretSettings(commands)), ...Object.values(outputs).map(String)];
    },
  };
}
