/** Keeps a connection open while other things happen, and counts how often it was cut. */
import { startInNetwork } from "./inNetwork";
import type { Request } from "./probe";

export interface Cuts {
  /** Times that the connection ended, and was made again. */
  cut: number;
  /** Responses to the requests on it, one request a second. */
  answered: number;
  /** Requests that neither got a response nor saw the connection end. */
  unanswered: number;
}

export interface OpenConnection {
  /** Ends the connection and returns the count. */
  close(): Promise<Cuts>;
}

/** Opens a TLS connection and returns when its first request is answered. */
export async function openConnection(target: Request): Promise<OpenConnection> {
  return { close: await startInNetwork<Cuts>("openConnectionProcess.ts", target, "no connection was opened") };
}
