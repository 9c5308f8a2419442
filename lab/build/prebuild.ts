/** Builds what all kinds of labs need into the cache, ahead of starting many labs. */
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
