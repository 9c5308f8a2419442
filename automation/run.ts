/** One run of the engine: its events, its interruption and its failure. */
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { type Changes, ChangeCollector } from "./changes";
import { diagnose } from "./diagnosis";
import { type AutomationError, UpdateFailed } from "./errors";
import { type ProgressEvent, progressOf } from "./events";

export interface RunOptions {
  /** Told of everything that happens, as it happens. Texts hold no secret. */
  onEvent?: (event: ProgressEvent) => void;
  /**
   * Ends the run: steps that are under way are given up, the stack's lock is released, and the call is rejected with the signal's
   * reason once the engine has ended. What was done is kept; the next `up` goes on from there.
   */
  signal?: AbortSignal;
  /** Ends the run in the same way, with `UpdateFailed`. Seconds from when its engine starts; default none. */
  timeoutSeconds?: number;
}

/** What the engine is run with. */
export interface EngineRun {
  onEvent: (event: EngineEvent) => void;
  signal: AbortSignal;
  color: "never";
}

/** Seconds after which an engine that was asked to end is told to leave what is under way. */
const graceSeconds = 20;

/** The SDK sends SIGINT whenever the signal fires; the engine takes the first as "finish up" and the second as "now". */
function interrupter(): { signal: AbortSignal; interrupt: () => void; settle: () => void } {
  const controller = new AbortController();
  let again: NodeJS.Timeout | undefined;
  return {
    signal: controller.signal,
    interrupt: () => {
      if (controller.signal.aborted) return;
      controller.abort();
      again = setInterval(() => controller.signal.dispatchEvent(new Event("abort")), graceSeconds * 1000);
    },
    settle: () => clearInterval(again),
  };
}

/**
 * @param redact applied to every text that leaves
 * @param engine runs it to its end
 * @throws {AutomationError} or the signal's reason
 */
export async function runEngine(
  stackName: string,
  options: RunOptions,
  redact: (text: string) => string,
  engine: (run: EngineRun) => Promise<unknown>,
): Promise<Changes> {
  const { onEvent, signal: asked, timeoutSeconds } = options;
  asked?.throwIfAborted();
  const collector = new ChangeCollector();
  const reported: string[] = [];
  const { signal, interrupt, settle } = interrupter();
  let tooLong = false;
  const timer =
    timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => {
          tooLong = true;
          interrupt();
        }, timeoutSeconds * 1000);
  asked?.addEventListener("abort", interrupt, { once: true });
  const take = (event: EngineEvent): void => {
    collector.take(event);
    // The engine tells debug messages as well, with all that a program may say there.
    if ((event.diagnosticEvent?.severity as string | undefined) === "debug") return;
    const progress = progressOf(event, redact);
    if (!progress) return;
    if (progress.kind === "message" && progress.severity === "error") {
      reported.push(`${progress.resource ? `${progress.resource}: ` : ""}${progress.text}`);
    }
    onEvent?.(progress);
  };
  try {
    await engine({ onEvent: take, signal, color: "never" });
    return collector.changes();
  } catch (error) {
    if (asked?.aborted) throw asked.reason;
    if (tooLong) throw timedOut(stackName, timeoutSeconds ?? 0);
    throw diagnose({ stackName, reported, printed: redact(String((error as Error).message)) });
  } finally {
    settle();
    clearTimeout(timer);
    asked?.removeEventListener("abort", interrupt);
  }
}

function timedOut(stackName: string, seconds: number): AutomationError {
  return new UpdateFailed(
    stackName,
    `stack '${stackName}': expected the run to end within ${seconds} s, found it still going, and ended it. ` +
      "What was done is kept and the stack is not locked: run it again, with more time.",
  );
}
