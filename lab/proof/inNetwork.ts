/** A program that sends requests from inside a network namespace until it is stopped, and then prints what it has counted. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot, typescript } from "../paths";
import { inPlace, type Request, type WireRequest } from "./probe";

/**
 * Starts a program of this directory, which reads a {@link WireRequest} from the first line of its stdin. Returns when it has written its first
 * line, which is empty: a program takes seconds to start on a busy machine.
 * @param tooEarly the error where it ends before that
 * @returns what stops it and returns its count
 */
export async function startInNetwork<Count>(
  program: string,
  { authority, ...target }: Request,
  tooEarly: string,
  args: readonly string[] = [],
): Promise<() => Promise<Count>> {
  const wire: WireRequest = { ...target, ...(authority ? { ca: await readFile(authority, "utf8") } : {}) };
  const command = [process.execPath, ...typescript, join(repositoryRoot, "lab/proof", program), ...args];
  const [first, ...rest] = await inPlace(target.from, command);
  const child = spawn(first, rest, { cwd: repositoryRoot, stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stdin.write(`${JSON.stringify(wire)}\n`);
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("close", () => reject(new Error(tooEarly)));
  });
  return async () => {
    child.stdin.end();
    await once(child, "close");
    return JSON.parse(output) as Count;
  };
}
