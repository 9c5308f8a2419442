/** The machine that figures were measured on, in one sentence for the pages that show them. */
import { cpus, totalmem } from "node:os";

export function machineInWords(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() || process.arch;
  return `Measured on ${processors.length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB of memory.`;
}
