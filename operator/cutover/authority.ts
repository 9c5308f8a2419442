/** Where records are published: read, and changed wholly or not at all. */
import type { RecordChange, RecordSet } from "../../dns/recordSets";

export interface Authority {
  /** As a person would call it. */
  title: string;
  /**
   * Absent where it cannot be told.
   * @throws naming what hides records of the names there or writes them again
   */
  refuseOthers?(names: readonly string[]): Promise<void>;
  /** What the names lead to now. */
  read(names: readonly string[]): Promise<RecordSet[]>;
  /**
   * Ends once the authority itself answers with the change.
   * @throws ChangedMeanwhile where something is not as `before` has it; then nothing is changed
   */
  change(changes: readonly RecordChange[]): Promise<void>;
}

export class ChangedMeanwhile extends Error {
  constructor(title: string, reason: string) {
    super(
      `${title}: expected the records as they were when this was planned, found them changed by somebody else (${reason}): ` +
        "nothing was changed; look at the records, and plan again",
    );
  }
}
