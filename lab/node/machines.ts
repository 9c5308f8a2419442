/** The lab's machines: the node of the control plane, and the workers beside it. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { labRoot } from "../paths";

export interface Machine {
  /** Its host name; its directory and its network namespace are named after it. */
  name: string;
  /** 0 is the control plane; workers count from 1. */
  number: number;
}

/** The node: the one that the API server runs on. */
export const controlPlane: Machine = { name: "node", number: 0 };

/** As many as have addresses of their own. */
export const mostWorkers = 9;

/** @param number 1 to {@link mostWorkers} */
export const worker = (number: number): Machine => ({ name: `worker-${number}`, number });

/** Where a machine's disk is, and what is remembered of it. */
export const directoryOf = ({ name }: Machine): string => join(labRoot, name);

/** The machines that have a directory, whether they run or not. */
export function machines(): Machine[] {
  const names = existsSync(labRoot) ? readdirSync(labRoot) : [];
  return [controlPlane, ...names.flatMap((name) => (/^worker-\d$/.test(name) ? [worker(Number(name.slice(-1)))] : []))];
}
