/** Many connections held by a client of their own, and what becomes of them. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { repositoryRoot } from "../../paths";
import type { Held } from "./holder";
import { inVpc } from "./load";

export interface Holder {
  /** Asks every connection for a sign of life. */
  ask(): Promise<Held>;
  stop(): void;
}

/** @returns once all connections are open and have brought their first bytes @throws when one cannot be made */
export async function hold(url: string, count: number): Promise<Holder> {
  const [program = "", ...args] = inVpc(
    process.execPath,
    ...["-r", "ts-node/register/transpile-only", "lab/campaigns/bench/holder.ts", url, `${count}`],
  );
  const child = spawn(program, args, { cwd: repositoryRoot, stdio: ["pipe", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Held> => {
    const { value, done } = (await lines.next()) as { value: string; done: boolean };
    if (done) throw new Error(`expected ${count} connections to ${url}, found: ${complaint}`);
    return JSON.parse(value) as Held;
  };
  await next();
  return {
    ask: () => {
      child.stdin.write("\n");
      return next();
    },
    stop: () => void child.kill("SIGKILL"),
  };
}
