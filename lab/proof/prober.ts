/** Asks for something over and over while other things happen, and counts the requests that failed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "../paths";
import { networkOf, type Request, type WireRequest } from "./probe";

export interface Count {
  sent: number;
  failed: number;
  /** Milliseconds from the first failed request to the next good one, at its longest. */
  longestOutage: number;
  /** Requests that were answered with a certificate of somebody else. */
  strangers: number;
  /** When the last failed request was made, milliseconds since 1970; 0 without one. */
  lastFailure: number;
  /** The first few failures, in words. */
  failures: string[];
}

export interface Prober {
  /** Ends the probing and says how it went. */
  stop(): Promise<Count>;
}

/** Starts `perSecond` requests a second. An answer counts as good when its certificate is the right one, whatever its status. */
export async function startProber({ authority, ...target }: Request, perSecond: number): Promise<Prober> {
  const wire: WireRequest = { ...target, ...(authority ? { ca: await readFile(authority, "utf8") } : {}) };
  const program = join(repositoryRoot, "lab/proof/proberProcess.ts");
  const child = spawn(
    "nsenter",
    // prettier-ignore
    [`--net=${await networkOf(target.from)}`, process.execPath, "-r", "ts-node/register/transpile-only", program, `${perSecond}`],
    { cwd: repositoryRoot, stdio: ["pipe", "pipe", "inherit"] },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stdin.write(`${JSON.stringify(wire)}\n`);
  return {
    stop: async () => {
      child.stdin.end();
      await once(child, "close");
      return JSON.parse(output) as Count;
    },
  };
}
