/** How much memory the lab takes, as the whole machine sees it: page cache that could be given back does not count. */
import { readFileSync } from "node:fs";
import { type Row, row } from "./row";

/** What a contributor's laptop can spare. MiB. */
const affordable = 3 * 1024;

function availableMiB(): number {
  const [, kibibytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8")) ?? [];
  return Number(kibibytes) / 1024;
}

/** Starts watching; the result makes the row of the most that was in use since, other programs' use included. */
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
