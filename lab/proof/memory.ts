/** The lab's memory use, measured for the whole machine without reclaimable page cache. */
import { readFileSync } from "node:fs";
import { type Row, row } from "./row";

/** MiB that a contributor's laptop can spare. */
const affordable = 3 * 1024;

function availableMiB(): number {
  const [, kibibytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8")) ?? [];
  return Number(kibibytes) / 1024;
}

/** Starts sampling. The returned function makes the row of the peak, which includes other programs' use. */
export function watchMemory(): () => Promise<Row> {
  const before = availableMiB();
  let least = before;
  const timer = setInterval(() => (least = Math.min(least, availableMiB())), 250).unref();
  return () => {
    clearInterval(timer);
    return row("memory", "memory of the whole lab at its most", `${affordable} MiB at most`, () => {
      const used = Math.round(before - least);
      return Promise.resolve({ ok: used <= affordable, observed: `${used} MiB` });
    });
  };
}
