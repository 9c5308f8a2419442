/** Builds what all kinds of labs need into the cache, and what the environment requires, ahead of starting many labs. */
import { mkdir } from "node:fs/promises";
import { pebblePrograms, traefikProgram } from "../ingress/programs";
import { ciliumPrograms } from "../kubernetes/cilium/programs";
import { kubeletPrograms } from "../kubernetes/kubelet/programs";
import { controlPlanePrograms } from "../kubernetes/programs";
import { nodeImage, suites } from "../node/image";
import { buildLogs } from "../paths";
import { prepareMachine } from "../requirements";
import { runMain } from "../runMain";

/** As tests/support/needs.ts reads it. */
const isRequired = (variable: string): boolean => process.env[variable] === "1";

async function main(): Promise<void> {
  await prepareMachine();
  await mkdir(buildLogs, { recursive: true });
  for (const suite of suites) await nodeImage(suite);
  const controlPlane = await controlPlanePrograms();
  if (isRequired("REQUIRE_KUBELET")) await kubeletPrograms("bookworm", controlPlane);
  if (isRequired("REQUIRE_CILIUM")) await ciliumPrograms();
  if (isRequired("REQUIRE_TRAEFIK")) await Promise.all([traefikProgram(), pebblePrograms()]);
}

runMain(main);
