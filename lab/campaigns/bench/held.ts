/** Many connections, held by a separate client process. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { repositoryRoot, typescript } from "../../paths";
import type { Held } from "./holder";
import { inVpc } from "./load";

export interface Holder {
  /** Probes every connection. */
  ask(): Promise<Held>;
  stop(): void;
}

/**
 * @returns once all connections are open and have received their first bytes
 * @throws if one cannot be opened
 */
export async function hold(url: string, count: number): Promise<Holder> {
  const [program = "", ...args] = inVpc(
    process.execPath,
    ...[...typescript, "lab/campaigns/bench/holder.ts", url, `${count}`],
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
