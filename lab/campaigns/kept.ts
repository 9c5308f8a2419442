/** Intermediate results of a long campaign, which can be interrupted and continued. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheRoot } from "../paths";

const fileOf = (name: string): string => join(cacheRoot, "campaigns", `${name}.json`);

/** @returns the saved results of this name; empty if there are none */
export function readKept<T>(name: string): T[] {
  try {
    return JSON.parse(readFileSync(fileOf(name), "utf8")) as T[];
  } catch {
    return [];
  }
}

export function writeKept(name: string, results: readonly unknown[]): void {
  mkdirSync(dirname(fileOf(name)), { recursive: true });
  writeFileSync(fileOf(name), JSON.stringify(results));
}
