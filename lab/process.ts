/** Runs programs and reports their failures. */
import { spawn, type SpawnOptions } from "node:child_process";
import { createWriteStream } from "node:fs";

export interface Finished {
  /** Exit status; a killed program has status 1, not 128 + signal number. */
  status: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Milliseconds until the program is killed. */
  timeout?: number;
  /** A file that receives all output as it arrives. */
  log?: string;
}

/** A program that failed unexpectedly. */
export class CommandFailed extends Error {
  constructor(
    readonly command: string,
    readonly finished: Finished,
    readonly log?: string,
  ) {
    const output = `${finished.stdout}${finished.stderr}`.trim().split("\n").slice(-25).join("\n");
    super(
      `${command}\nended with status ${finished.status}${output ? `:\n${output}` : ""}${log ? `\nwhole log: ${log}` : ""}`,
    );
    this.name = "CommandFailed";
  }
}

/** What Node.js warns of in a program's output: something deprecated, its own version, listeners that pile up. */
export const nodeWarning = (text: string): string | undefined => /^\(node:\d+\) .*/m.exec(text)?.[0];

/**
 * Runs a program and returns its output, whatever its exit status.
 * @throws {Error} if Node.js has warned in it: a user would see that
 */
export function attempt(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const spawnOptions: SpawnOptions = { stdio: ["pipe", "pipe", "pipe"], timeout: options.timeout };
    if (options.cwd) spawnOptions.cwd = options.cwd;
    if (options.env) spawnOptions.env = options.env;
    const child = spawn(command, args, spawnOptions);
    const log = options.log ? createWriteStream(options.log, { flags: "a" }) : undefined;
    const finished: Finished = { status: 1, stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        finished[name] += text;
        log?.write(text);
      });
    }
    child.on("error", reject);
    child.on("close", (status) => {
      log?.end();
      const warning = nodeWarning(finished.stdout + finished.stderr);
      if (warning === undefined) resolve({ ...finished, status: status ?? 1 });
      else reject(new Error(`${[command, ...args].join(" ")}\nwarns: ${warning}`));
    });
    // A program may exit without reading its input.
    child.stdin?.on("error", () => undefined).end(options.input ?? "");
  });
}

/**
 * Runs a program and returns its stdout.
 * @throws {CommandFailed} if its exit status is not 0
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const finished = await attempt(command, args, options);
  if (finished.status !== 0) throw new CommandFailed([command, ...args].join(" "), finished, options.log);
  return finished.stdout;
}

/** The path of a program on PATH, or undefined. */
export async function which(name: string, path = process.env["PATH"] ?? ""): Promise<string | undefined> {
  const { status, stdout } = await attempt("/bin/sh", ["-c", 'command -v "$1"', "sh", name], {
    env: { ...process.env, PATH: path },
  });
  return status === 0 && stdout.startsWith("/") ? stdout.trim() : undefined;
}
