/**
 * The node's primary address by DHCP, as on EC2, in place of the lab's static one: it comes after static addresses at
 * boot, so that a secondary address on the interface is the first, and the default route has it as its source.
 */
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { namespaces, node } from "../network/addresses";
import { reboot, waitForApi } from "../node/machine";
import { labPaths, repositoryRoot, typescript } from "../paths";
import { until, write } from "./hands";

/** cloud-init's network configuration on EC2, by Debian's and Ubuntu's images. */
const netplan = `network:
  version: 2
  ethernets:
    ${node.device}:
      dhcp4: true
`;

/** Reboots the node with an address that is leased; the server runs until the lab goes down. */
export async function leaseAddress(): Promise<void> {
  const log = openSync(join(labPaths.logs, "dhcp.log"), "a");
  spawn(
    "nsenter",
    // prettier-ignore
    [`--net=/run/netns/${namespaces.vpc}`, process.execPath, ...typescript, "lab/node/dhcpServer.ts"],
    { cwd: repositoryRoot, detached: true, stdio: ["ignore", log, log] },
  ).unref();
  await write("/etc/netplan/50-cloud-init.yaml", netplan);
  await reboot();
  await waitForApi(443);
  await until(`ip -4 -o addr show dev ${node.device} | grep -qwF ${node.primaryPrivateIp}`, 60);
}
