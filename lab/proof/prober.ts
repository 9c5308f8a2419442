/** Sends requests at a steady rate while other things happen, and counts the failures. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot, typescript } from "../paths";
import { networkOf, type Request, type WireRequest } from "./probe";

export interface Count {
  sent: number;
  failed: number;
  /** Longest time in milliseconds from the first failed request to the next good one. */
  longestOutage: number;
  /** Responses with the wrong certificate. */
  strangers: number;
  /** Time of the last failed request, in milliseconds since 1970; 0 if none failed. */
  lastFailure: number;
  /** Descriptions of the first failures. */
  failures: string[];
}

export interface Prober {
  /** Stops the requests and returns the count. */
  stop(): Promise<Count>;
}

/** Starts `perSecond` requests a second, and returns when they begin. A response is good if its certificate is right, whatever its status. */
export async function startProber({ authority, ...target }: Request, perSecond: number): Promise<Prober> {
  const wire: WireRequest = { ...target, ...(authority ? { ca: await readFile(authority, "utf8") } : {}) };
  const program = join(repositoryRoot, "lab/proof/proberProcess.ts");
  const child = spawn(
    "nsenter",
    // prettier-ignore
    [`--net=${await networkOf(target.from)}`, process.execPath, ...typescript, program, `${perSecond}`],
    { cwd: repositoryRoot, stdio: ["pipe", "pipe", "inherit"] },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stdin.write(`${JSON.stringify(wire)}\n`);
  // Its first line is empty, and comes before the first request: a program takes seconds to start on a busy machine.
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("close", () => reject(new Error("the prober ended before its first request")));
  });
  return {
    stop: async () => {
      child.stdin.end();
      await once(child, "close");
      return JSON.parse(output) as Count;
    },
  };
}
