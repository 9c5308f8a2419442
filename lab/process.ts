/** Runs programs and says clearly how they failed. */
import { spawn, type SpawnOptions } from "node:child_process";
import { createWriteStream } from "node:fs";

export interface Finished {
  /** Exit status; 128 + signal number is not used: a killed program has status 1. */
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
  /** A file that receives everything printed, as it comes. */
  log?: string;
}

/** A program that was expected to succeed and did not. */
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

/** Runs a program to its end and returns what it printed, whatever its exit status. */
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
      resolve({ ...finished, status: status ?? 1 });
    });
    // A program that ends without reading its input is no error of ours.
    child.stdin?.on("error", () => undefined).end(options.input ?? "");
  });
}

/** Runs a program and returns its stdout. @throws {CommandFailed} when its exit status is not 0. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const finished = await attempt(command, args, options);
  if (finished.status !== 0) throw new CommandFailed([command, ...args].join(" "), finished, options.log);
  return finished.stdout;
}

/** Whether a program of that name is on PATH, and where. */
export async function which(name: string, path = process.env["PATH"] ?? ""): Promise<string | undefined> {
  const { status, stdout } = await attempt("/bin/sh", ["-c", 'command -v "$1"', "sh", name], {
    env: { ...process.env, PATH: path },
  });
  return status === 0 && stdout.startsWith("/") ? stdout.trim() : undefined;
}
