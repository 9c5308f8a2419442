/** Builds into the cache what labs of every kind need: for who is going to bring up many, and has something else to do meanwhile. */
import { mkdir } from "node:fs/promises";
import { controlPlanePrograms } from "../kubernetes/programs";
import { nodeImage, suites } from "../node/image";
import { buildLogs } from "../paths";
import { prepareMachine } from "../requirements";
import { runMain } from "../runMain";

async function main(): Promise<void> {
  await prepareMachine();
  await mkdir(buildLogs, { recursive: true });
  for (const suite of suites) await nodeImage(suite);
  await controlPlanePrograms();
}

runMain(main);
