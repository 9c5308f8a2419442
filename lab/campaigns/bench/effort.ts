/** CPU use of client and machine during a load: if the client is saturated, a measured ratio is an upper bound. */
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";

export interface Effort {
  /** CPU time of the programs started in the meantime, as a share of one processor. */
  client: number;
  /** Busy share of all processors of the machine. */
  machine: number;
}

/** USER_HZ: ticks per second in /proc, the same on every architecture. */
const ticksPerSecond = 100;

/** CPU seconds of this process's finished children. */
async function childrensTime(): Promise<number> {
  const fields = (await readFile("/proc/self/stat", "utf8")).replace(/^.*\) /s, "").split(" ");
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

function machinesTime(): { idle: number; all: number } {
  const times = cpus().map((processor) => processor.times);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((each) => Object.values(each))) };
}

export async function withEffort<T>(work: () => Promise<T>): Promise<{ result: T; effort: Effort }> {
  const [client, machine, start] = [await childrensTime(), machinesTime(), performance.now()];
  const result = await work();
  const [seconds, after] = [(performance.now() - start) / 1000, machinesTime()];
  return {
    result,
    effort: {
      client: ((await childrensTime()) - client) / seconds,
      machine: 1 - (after.idle - machine.idle) / (after.all - machine.all),
    },
  };
}
