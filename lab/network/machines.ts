/** The lab's machines: the control plane node and the workers. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { labRoot } from "../paths";

export interface Machine {
  /** Host name, also the name of its directory and network namespace. */
  name: string;
  /** 0 is the control plane; workers start at 1. */
  number: number;
}

/** The node that runs the API server. */
export const controlPlane: Machine = { name: "node", number: 0 };

/** Limited by the reserved addresses. */
export const mostWorkers = 9;

/** @param number 1 to {@link mostWorkers} */
export const worker = (number: number): Machine => ({ name: `worker-${number}`, number });

/** A machine's directory: its disk and its state. */
export const directoryOf = ({ name }: Machine): string => join(labRoot, name);

/** The machines that have a directory, running or not. */
export function machines(): Machine[] {
  const names = existsSync(labRoot) ? readdirSync(labRoot) : [];
  return [controlPlane, ...names.flatMap((name) => (/^worker-\d$/.test(name) ? [worker(Number(name.slice(-1)))] : []))];
}
