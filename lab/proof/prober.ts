/** Sends requests at a steady rate while other things happen, and counts the failures. */
import { startInNetwork } from "./inNetwork";
import type { Request } from "./probe";

export interface Count {
  sent: number;
  failed: number;
  /** Longest time in milliseconds from the first failed request to the next good one. */
  longestOutage: number;
  /** Responses with the wrong certificate. */
  strangers: number;
  /** Time of the last failed request, in milliseconds since 1970; 0 if none failed. */
  lastFailure: number;
  /** 99 of 100 good responses came within so many milliseconds. */
  p99: number;
  /** Descriptions of the first failures. */
  failures: string[];
}

export interface Prober {
  /** Stops the requests and returns the count. */
  stop(): Promise<Count>;
}

/** Starts `perSecond` requests a second, and returns when they begin. A response is good if its certificate is right, whatever its status. */
export async function startProber(target: Request, perSecond: number): Promise<Prober> {
  const early = "the prober ended before its first request";
  return { stop: await startInNetwork<Count>("proberProcess.ts", target, early, [`${perSecond}`]) };
}
