/** What AWS gives the node's instance at launch; kOps replaces the instance, and the next one gets another. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { labInstanceId } from "../labAccount";
import { node } from "../network/addresses";
import { labPaths } from "../paths";

export interface NodeIdentity {
  instanceId: string;
  primaryPrivateIp: string;
  macAddress: string;
  /** The public address that AWS gives at launch; no Elastic IP. */
  autoPublicIp: string;
}

/** @param generation 0 for the first instance, then one for each that replaced it, up to 99 */
export function identityOf(generation: number): NodeIdentity {
  if (generation === 0) {
    const { primaryPrivateIp, macAddress, autoPublicIp } = node;
    return { instanceId: labInstanceId, primaryPrivateIp, macAddress, autoPublicIp };
  }
  const number = `${generation}`.padStart(2, "0");
  return {
    instanceId: `i-0a1b2c3d4e5f61${number}1`,
    primaryPrivateIp: `172.20.46.${100 + generation}`,
    macAddress: `02:1b:7c:01:00:${number}`,
    autoPublicIp: `198.51.100.${100 + generation}`,
  };
}

/** How often the running lab's node has been replaced. */
export function generation(): number {
  return existsSync(labPaths.generation) ? Number(readFileSync(labPaths.generation, "utf8")) : 0;
}

export function setGeneration(value: number): void {
  writeFileSync(labPaths.generation, `${value}`);
}

export const currentNode = (): NodeIdentity => identityOf(generation());
