/** The shape of one step on the node: one remote command of the stack. The order of the list is the order of the steps. */
import type { HostIdentity, HostSettings } from "../hostSettings";

/** One remote command of the stack. */
export interface HostStep {
  /** Unique per node; the end of the resource's name, and the name in messages. */
  name: string;
  /** The text piped to the command: a file's content, shown as a line diff in a preview unless `secret`. */
  stdin(settings: HostSettings): string;
  /** The settings that `stdin` reads, so that a step does not wait for values it has no use for. */
  needs: readonly (keyof HostSettings)[];
  /** `stdin` holds a secret. */
  secret?: boolean;
  /** Which of the command's output the engine shows while it runs, besides the error of a failed one. Default both. */
  logging?: "stderr";
  /** It can alter how the API is reached: the node undoes it unless it is confirmed (docs/confirmed-changes.md). */
  armed?: true;
  /** The settings besides `HostIdentity` that the command lines read. */
  commandNeeds?: readonly (keyof HostSettings)[];
  /** Run at creation and whenever its text or `stdin` changes; doing it twice is the same as once. */
  create(host: CommandSettings): string;
  /** Run at removal; absent for a step that leaves nothing. */
  remove?(host: CommandSettings): string;
}

/** What command lines see: the identity, and what a step names in `commandNeeds`. */
export type CommandSettings = HostIdentity &
  Partial<HostSettings> & {
    /** Names what an armed step is part of: all armed steps as the settings have them. Absent where nobody confirms it. */
    change?: string;
  };
