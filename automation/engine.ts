/** The Pulumi engine: where it is, its commands, and how many of it run at once. */
import type * as sdk from "@pulumi/pulumi/automation";
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

/** The error for an engine that did not start, or whose version is not supported. */
function engineMissing({ stackName, pulumiRoot }: EngineContext, error: Error): EngineMissing {
  const why = /ENOENT/.test(error.message) ? "none" : (error.message.split("\n")[0] ?? "");
  return new EngineMissing(
    stackName,
    `expected the Pulumi engine (${pulumiRoot === undefined ? "'pulumi' on PATH" : join(pulumiRoot, "bin/pulumi")}), ` +
      `found ${why}: install it, https://www.pulumi.com/docs/install/`,
  );
}

/** One search per installation and process. */
const found = new Map<string, Promise<sdk.PulumiCommand>>();

/** @throws {EngineMissing} */
export async function findEngine(context: EngineContext): Promise<sdk.PulumiCommand> {
  const { pulumiRoot } = context;
  const place = pulumiRoot ?? "PATH";
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- half a second, which short commands do not need
  const { PulumiCommand } = require("@pulumi/pulumi/automation") as typeof sdk;
  const search = found.get(place) ?? PulumiCommand.get(pulumiRoot === undefined ? {} : { root: pulumiRoot });
  found.set(place, search);
  try {
    return await search;
  } catch (error) {
    found.delete(place);
    throw engineMissing(context, error as Error);
  }
}

/** A command of the engine that ended with another status than 0. */
export class EngineCommandFailed extends Error {}

/**
 * Runs a short command, such as `config` or `stack init`.
 * @throws {EngineMissing | EngineCommandFailed} the second with what the command printed
 */
export function engineCommand(context: EngineContext, args: readonly string[], input = ""): Promise<string> {
  const { workDir, env, pulumiRoot } = context;
  return new Promise((resolve, reject) => {
    const child = spawn(pulumiRoot ? join(pulumiRoot, "bin/pulumi") : "pulumi", [...args, "--non-interactive"], {
      cwd: workDir,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const printed = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => (printed[name] += text));
    }
    child.on("error", (error) => {
      reject(engineMissing(context, error));
    });
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
