/** Runs programs for tests, without blocking the servers that a test has started. */
import { execFile, type ExecFileOptions } from "node:child_process";
import { nodeWarning } from "../../lab/process";

export interface Finished {
  /** Exit status, or 1 if the program was killed. */
  status: number;
  stdout: string;
  stderr: string;
}

interface Options extends ExecFileOptions {
  input?: string;
}

/**
 * Runs a program to its end, whatever its exit status.
 * @throws {Error} if Node.js has warned in it: a user would see that
 */
export function attempt(command: string, args: readonly string[], options: Options = {}): Promise<Finished> {
  const { input = "", ...rest } = options;
  return new Promise((resolve, reject) => {
    const settings = { maxBuffer: Infinity, ...rest, encoding: "utf8" } as const;
    const child = execFile(command, args, settings, (error, stdout, stderr) => {
      const warning = nodeWarning(stdout + stderr);
      // A string names a program that could not be started.
      if (typeof error?.code === "string") reject(error);
      else if (warning === undefined) resolve({ status: error ? (error.code ?? 1) : 0, stdout, stderr });
      else reject(new Error(`${[command, ...args].join(" ")}\nwarns: ${warning}`));
    });
    // A program may end without reading its input.
    child.stdin?.on("error", () => undefined).end(input);
  });
}

/** Runs a program and returns its stdout. @throws with everything it printed if its exit status is not 0 */
export async function run(command: string, args: readonly string[], options: Options = {}): Promise<string> {
  const { status, stdout, stderr } = await attempt(command, args, options);
  if (status !== 0)
    throw new Error(`${[command, ...args].join(" ")}\nended with status ${status}:\n${stdout}${stderr}`);
  return stdout;
}
