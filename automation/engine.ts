/** The Pulumi engine: where it is, its commands, and how many of it run at once. */
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { EngineMissing } from "./errors";

/** What a command of the engine's is run with. */
export interface EngineContext {
  stackName: string;
  workDir: string;
  /** Beside this process's own environment. */
  env: Readonly<Record<string, string>>;
  /** An installation, with `bin/pulumi` below; else PATH. */
  pulumiRoot: string | undefined;
}

/** One look per installation and process. */
const found = new Map<string, Promise<PulumiCommand>>();

/** @throws {EngineMissing} */
export async function findEngine({ stackName, pulumiRoot }: EngineContext): Promise<PulumiCommand> {
  const place = pulumiRoot ?? "PATH";
  const look = found.get(place) ?? PulumiCommand.get(pulumiRoot === undefined ? {} : { root: pulumiRoot });
  found.set(place, look);
  try {
    return await look;
  } catch (error) {
    found.delete(place);
    const why = /ENOENT/.test(String(error)) ? "none there" : ((error as Error).message.split("\n")[0] ?? "");
    throw new EngineMissing(
      stackName,
      `expected the Pulumi engine (${pulumiRoot === undefined ? "'pulumi' on PATH" : join(pulumiRoot, "bin/pulumi")}), ` +
        `found ${why}: install it, https://www.pulumi.com/docs/install/`,
    );
  }
}

/** A command of the engine's that ended with another status than 0. */
export class EngineCommandFailed extends Error {}

/** A short command, such as `config` or `stack init`. @throws {EngineCommandFailed} with what it printed */
export function engineCommand(
  command: PulumiCommand,
  { workDir, env }: EngineContext,
  args: readonly string[],
  input = "",
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command.command, [...args, "--non-interactive"], {
      cwd: workDir,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const printed = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => (printed[name] += text));
    }
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) resolve(printed.stdout);
      else reject(new EngineCommandFailed(printed.stderr || printed.stdout));
    });
    // A command that ends without reading its input is no error of ours.
    child.stdin.on("error", () => undefined).end(input);
  });
}

/**
 * Each run is an engine, a program and its plugins, some 300 MB together: more at once than this machine has processors make none
 * of them faster. The others wait.
 */
let free = Math.max(2, availableParallelism());
const waiting: (() => void)[] = [];

/** Does the work once an engine may run. @throws the signal's reason when it is aborted before */
export async function withEngineSlot<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  if (free > 0) free -= 1;
  else await turn(signal);
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}

function turn(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const start = (): void => {
      signal?.removeEventListener("abort", give);
      resolve();
    };
    const give = (): void => {
      waiting.splice(waiting.indexOf(start), 1);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", give, { once: true });
    waiting.push(start);
  });
}
