/**
 * What AWS assigns to a machine's instance at launch. When kOps replaces the instance, the next one gets new values.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { node } from "../network/addresses";
import { controlPlane, directoryOf, type Machine } from "../network/machines";

export interface NodeIdentity {
  instanceId: string;
  primaryPrivateIp: string;
  macAddress: string;
  /** Assigned at launch, not an Elastic IP. */
  autoPublicIp: string;
}

/** @param generation 0 for the first instance, incremented by each replacement, up to 99 */
export function identityOf(generation: number, { number }: Machine = controlPlane): NodeIdentity {
  const digits = `${generation}`.padStart(2, "0");
  if (number > 0) {
    return {
      instanceId: `i-0a1b2c3d4e5f7${`${number}`.padStart(2, "0")}${digits}`,
      primaryPrivateIp: `172.20.${48 + number}.${100 + generation}`,
      macAddress: `02:1b:7c:02:0${number}:${digits}`,
      // Alternates between two addresses: AWS has released the other one by then.
      autoPublicIp: `198.51.100.${10 + 2 * number + (generation % 2)}`,
    };
  }
  if (generation === 0) {
    const { instanceId, primaryPrivateIp, macAddress, autoPublicIp } = node;
    return { instanceId, primaryPrivateIp, macAddress, autoPublicIp };
  }
  return {
    instanceId: `i-0a1b2c3d4e5f61${digits}1`,
    primaryPrivateIp: `172.20.46.${100 + generation}`,
    macAddress: `02:1b:7c:01:00:${digits}`,
    autoPublicIp: `198.51.100.${100 + generation}`,
  };
}

const generationFile = (machine: Machine): string => join(directoryOf(machine), "generation");

/** How often the running lab has replaced a machine. */
function generation(machine: Machine): number {
  const file = generationFile(machine);
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
}

/** Increments a machine's generation. */
export function nextGeneration(machine: Machine): void {
  mkdirSync(directoryOf(machine), { recursive: true });
  writeFileSync(generationFile(machine), `${generation(machine) + 1}`);
}

export const currentNode = (machine: Machine = controlPlane): NodeIdentity => identityOf(generation(machine), machine);
