/** A change that locks the operator out of the API, or would. */
import type { KeptLab } from "../../keptLab";
import type { Interruption } from "./interruptions";

export type Set = (path: string[], value: unknown) => void;

export interface Cause {
  name: string;
  /** Settings for all its ways; prod is up with them, and the API answers. `hostKey` is the node's. */
  settings?: (set: Set, hostKey: string) => void;
  /** On top of these, the settings that lock out. */
  change?: (set: Set) => void;
  command: "up" | "destroy";
  /** What happens once it acts; everything, unless given. */
  interruptions?: readonly Interruption[];
  /** On the node, before each of its ways. */
  prepare?: (kept: KeptLab) => Promise<void>;
  /** What the operator mends before the next run. */
  mend?: (kept: KeptLab) => Promise<void>;
  /** After all its ways. */
  restore?: (kept: KeptLab) => Promise<void>;
  /** A layout made by hand is left, which other settings do not take over. */
  leavesLayout?: true;
  /** A shell condition on the node that holds once the change acts; absent for a change that is refused before it acts. */
  acts?: string;
}
