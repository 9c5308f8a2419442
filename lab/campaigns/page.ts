/** Pages of figures, written by the command that measures them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { format, resolveConfig } from "prettier";
import { repositoryRoot } from "../paths";

/** Writes `docs/results/<name>.md`. */
export const writeResults = (name: string, text: string): Promise<void> => writePage(`docs/results/${name}.md`, text);

/** Writes a page with the repository's formatting. */
export async function writePage(name: string, text: string): Promise<void> {
  const path = join(repositoryRoot, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), parser: "markdown" }));
}

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Describes the machine of the measurement. */
export function machineInWords(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() || process.arch;
  return `Measured on ${processors.length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB of memory.`;
}
