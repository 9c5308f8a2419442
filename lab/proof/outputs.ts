/** A stack's outputs, as DNS tools and scripts read them. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { outputsOf, type StackState } from "../../automation/state";
import { type StackName, stateFile } from "../operator";

/** The outputs that the proof uses; the program exports more. */
export interface Outputs {
  ready: boolean;
  apiPublicIp: string;
  ingressPublicIp: string;
  secondaryPrivateIp: string;
  primaryPrivateIp: string;
  ingressPort: number;
  ingressHttpPort: number;
  allocationId: string;
}

const missing = (error: unknown): boolean =>
  error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT";

/** From the back end's own file: the command line takes a third of a second of processor time to start. @throws for a stack that is not there */
export async function stackOutputs(stack: StackName): Promise<Outputs> {
  const file = stateFile(stack);
  for (let tries = 1; ; tries++) {
    try {
      const { version, checkpoint } = JSON.parse(await readFile(file, "utf8")) as {
        version: number;
        checkpoint: { latest?: StackState["deployment"] };
      };
      return outputsOf({ version, deployment: checkpoint.latest ?? {} }) as unknown as Outputs;
    } catch (error) {
      // The engine renames the file before it writes the next one.
      if (!missing(error) || tries === 20) throw error;
      await sleep(100);
    }
  }
}
