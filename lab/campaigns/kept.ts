/** What a long campaign has measured so far: it can be cut short, and go on another day. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheRoot } from "../paths";

const fileOf = (name: string): string => join(cacheRoot, "campaigns", `${name}.json`);

/** @returns what was kept under this name; nothing where there is none */
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
