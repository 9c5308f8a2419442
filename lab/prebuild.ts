/** Builds into the cache what labs of every kind need: for who is going to bring up many, and has something else to do meanwhile. */
import { mkdir } from "node:fs/promises";
import { controlPlanePrograms } from "./kubernetes/programs";
import { nodeImage, suites } from "./node/image";
import { buildLogs } from "./paths";
import { prepareMachine } from "./requirements";

async function main(): Promise<void> {
  await prepareMachine();
  await mkdir(buildLogs, { recursive: true });
  for (const suite of suites) await nodeImage(suite);
  await controlPlanePrograms();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
