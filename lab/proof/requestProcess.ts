/** Runs inside a namespace: reads requests as JSON from stdin, makes them in order, and prints the answers as JSON. */
import { readFileSync } from "node:fs";
import type { WireRequest } from "./probe";
import { request } from "./request";

async function main(): Promise<void> {
  const answers = [];
  for (const wire of JSON.parse(readFileSync(0, "utf8")) as WireRequest[]) answers.push(await request(wire));
  process.stdout.write(JSON.stringify(answers));
}

void main();
