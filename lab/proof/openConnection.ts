/** Keeps a connection open while other things happen, and counts how often it was cut. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot, typescript } from "../paths";
import { networkOf, type Request, type WireRequest } from "./probe";

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
export async function openConnection({ authority, ...target }: Request): Promise<OpenConnection> {
  const wire: WireRequest = { ...target, ...(authority ? { ca: await readFile(authority, "utf8") } : {}) };
  const program = join(repositoryRoot, "lab/proof/openConnectionProcess.ts");
  const child = spawn("nsenter", [`--net=${await networkOf(target.from)}`, process.execPath, ...typescript, program], {
    cwd: repositoryRoot,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stdin.write(`${JSON.stringify(wire)}\n`);
  // Its first line is empty, and comes with the first response.
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("close", () => reject(new Error("no connection was opened")));
  });
  return {
    close: async () => {
      child.stdin.end();
      await once(child, "close");
      return JSON.parse(output) as Cuts;
    },
  };
}
