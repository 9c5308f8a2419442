/** What an administrator does on the node: a root shell, and files. */
import { onNode } from "../node/machine";

/** Runs a shell script on the node; throws if it fails. */
export async function run(script: string): Promise<string> {
  const { status, stdout, stderr } = await onNode(["sh", "-ec", script]);
  if (status !== 0) throw new Error(`${script}\nended with status ${status}:\n${stderr}`);
  return stdout.trim();
}

/** Writes a file on the node, with the mode of root's umask. */
export async function write(path: string, text: string): Promise<void> {
  const { status, stderr } = await onNode(["sh", "-c", 'cat >"$1"', "sh", path], { input: text });
  if (status !== 0) throw new Error(`cannot write ${path}: ${stderr}`);
}

/** Waits up to `seconds` until a shell condition holds on the node. */
export async function until(condition: string, seconds: number): Promise<void> {
  await run(`for i in $(seq ${seconds * 5}); do ${condition} && exit 0; sleep 0.2; done
    echo 'not within ${seconds} s' >&2; exit 1`);
}
