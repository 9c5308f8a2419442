/** A node as a machine: its disk (an overlay on the image), power on, power off, and command execution. */
import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tellCloud } from "../network/cloudEvents";
import { node, publicAwsEndpoint, vpc } from "../network/addresses";
import { namespaceOf, plugIn, unplug } from "../network/namespaces";
import { labPaths } from "../paths";
import { attempt, type Finished, run, type RunOptions } from "../process";
import { keyPair } from "./certificates";
import {
  delegateControllers,
  inControlGroup,
  inGroupOf,
  type Limits,
  removeControlGroup,
  runsContainers,
} from "./controlGroup";
import { currentNode } from "./identity";
import { controlPlane, directoryOf, type Machine } from "../network/machines";
import { killChildren, startOutside, stopOutside } from "./outside";
import { type KopsNode, moveApiServer, type MovedApiAddress, nodeupDelay, type NodeFiles } from "./kopsNode";

/** The directories of a machine's overlay, and its mount point on this machine. */
const diskOf = (machine: Machine): { upper: string; work: string; root: string } => ({
  upper: join(directoryOf(machine), "upper"),
  work: join(directoryOf(machine), "work"),
  root: join(directoryOf(machine), "root"),
});

/** The operator's login on the node, as on kOps' Ubuntu images. */
export const nodeUser = "ubuntu";

export const operatorKey = join(labPaths.keys, "id_ed25519");
const hostKeyOf = ({ name }: Machine): string => join(labPaths.keys, `ssh_host_ed25519_key_${name}`);

/** The node's public host key, `ssh-ed25519 AAAA…`: the output of `ssh-keyscan` without the host. */
export async function nodeHostKey(): Promise<string> {
  return (await readFile(`${hostKeyOf(controlPlane)}.pub`, "utf8")).trim().split(" ").slice(0, 2).join(" ");
}

/** Network configuration tools of the node's image. */
export const nodeNetworks = ["netplan", "networkd"] as const;
export type NodeNetwork = (typeof nodeNetworks)[number];

/** cloud-init's network configuration, with static addresses in place of EC2's DHCP. */
const cloudInitNetplan = (primaryPrivateIp: string): string => `network:
  version: 2
  ethernets:
    ${node.device}:
      addresses: [${primaryPrivateIp}/${node.prefix}]
      routes: [{ to: default, via: ${vpc.router} }]
`;

/** The same for an image with systemd-networkd only. */
const cloudInitNetworkd = (primaryPrivateIp: string): string => `[Match]
Name=${node.device}

[Network]
Address=${primaryPrivateIp}/${node.prefix}
Gateway=${vpc.router}
`;

/** Hides the image's files on a disk: overlayfs treats a device 0:0 as deleted. */
async function hide(upper: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    const file = join(upper, path);
    await mkdir(dirname(file), { recursive: true });
    await run("mknod", [file, "c", "0", "0"]);
  }
}

async function writeNodeFiles(upper: string, files: NodeFiles): Promise<void> {
  for (const [path, { text, mode }] of Object.entries(files)) {
    const file = join(upper, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    await chmod(file, mode ?? 0o644);
  }
}

async function copyToNode(upper: string, source: string, path: string, mode: number): Promise<void> {
  const file = join(upper, path);
  await mkdir(dirname(file), { recursive: true });
  await copyFile(source, file);
  await chmod(file, mode);
}

/** Copies a directory of this machine to a running node. */
export const copyOntoNode = (directory: string, path: string): Promise<string> =>
  run("cp", ["-rT", directory, join(diskOf(controlPlane).root, path)]);

/** Mounts a machine's disk: a writable overlay on the layers and the image. */
async function mountDisk(image: string, { layers }: Pick<KopsNode, "layers">, machine = controlPlane): Promise<void> {
  const disk = diskOf(machine);
  for (const directory of Object.values(disk)) await mkdir(directory, { recursive: true });
  const lower = [...layers].reverse().concat(image).join(":");
  const overlay = `lowerdir=${lower},upperdir=${disk.upper},workdir=${disk.work}`;
  await run("mount", ["-t", "overlay", "kops-secondary-ingress-lab", "-o", overlay, disk.root]);
}

/**
 * Creates and mounts a machine's disk: keys, network, and kOps' files. Existing keys are reused; an existing disk is
 * only mounted.
 */
export async function createDisk(
  image: string,
  installed: KopsNode,
  network: NodeNetwork,
  machine = controlPlane,
): Promise<void> {
  const { primaryPrivateIp } = currentNode(machine);
  const disk = diskOf(machine);
  if (existsSync(disk.upper)) return mountDisk(image, installed, machine);
  const hostKey = hostKeyOf(machine);
  await mkdir(labPaths.keys, { recursive: true });
  await chmod(labPaths.keys, 0o700);
  for (const key of [operatorKey, hostKey].filter((key) => !existsSync(key)))
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", key]);

  await copyToNode(disk.upper, hostKey, "/etc/ssh/ssh_host_ed25519_key", 0o600);
  await copyToNode(disk.upper, `${hostKey}.pub`, "/etc/ssh/ssh_host_ed25519_key.pub", 0o644);
  await writeNodeFiles(disk.upper, {
    "/etc/hostname": { text: `${machine.name}\n` },
    "/etc/hosts": {
      text: `127.0.0.1 localhost\n127.0.1.1 ${machine.name}\n${publicAwsEndpoint.host} ${publicAwsEndpoint.name}\n`,
    },
    "/etc/ssl/certs/ca-certificates.crt": { text: await readFile(keyPair("web-authority").certificate, "utf8") },
    ...(network === "netplan"
      ? { "/etc/netplan/50-cloud-init.yaml": { text: cloudInitNetplan(primaryPrivateIp), mode: 0o600 } }
      : { "/etc/systemd/network/50-cloud-init.network": { text: cloudInitNetworkd(primaryPrivateIp) } }),
    ...installed.files,
  });
  if (network === "networkd") await hide(disk.upper, "/usr/sbin/netplan", "/usr/lib/systemd/system-generators/netplan");
  for (const unit of installed.units) {
    const wants = join(disk.upper, "etc/systemd/system/multi-user.target.wants");
    await mkdir(wants, { recursive: true });
    await symlink(`/etc/systemd/system/${unit}`, join(wants, unit));
  }
  await mountDisk(image, installed, machine);
  // Ownership as on a real image: the login owns the operator's key.
  const home = join(disk.root, "home", nodeUser);
  await mkdir(join(home, ".ssh"), { recursive: true });
  await copyFile(`${operatorKey}.pub`, join(home, ".ssh/authorized_keys"));
  await run("chroot", [disk.root, "chown", "-R", `${nodeUser}:${nodeUser}`, `/home/${nodeUser}`]);
}

/** The command line that runs a program on a machine as root, independent of its network and sshd. */
export async function onNodeCommand(command: readonly string[], machine = controlPlane): Promise<string[]> {
  const leader = await leaderPid(machine);
  if (leader === undefined) throw new Error(`${machine.name} is not running: start it with 'npm run lab -- up'`);
  // prettier-ignore
  const env = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", `TERM=${process.env["TERM"] ?? "dumb"}`];
  return inGroupOf(leader, ["nsenter", "-t", `${leader}`, "-a", "--", ...env, ...command]);
}

export async function onNode(
  command: readonly string[],
  options: RunOptions = {},
  machine = controlPlane,
): Promise<Finished> {
  const [program = "", ...args] = await onNodeCommand(command, machine);
  return attempt(program, args, options);
}

/** The PID, on this machine, of the lab machine's systemd. */
export async function leaderPid(machine = controlPlane): Promise<number | undefined> {
  // The brackets keep the pattern from another pgrep that looks for it at the same time.
  const container = await attempt("pgrep", ["-f", `[s]ystemd-nspawn .*-D ${diskOf(machine).root}`]);
  const parent = container.stdout.split("\n")[0];
  if (!parent) return undefined;
  const child = await attempt("pgrep", ["-P", parent]);
  const pid = Number(child.stdout.split("\n")[0]);
  return pid > 0 ? pid : undefined;
}

/**
 * Powers a machine on and waits until its systemd has started all units and sshd answers.
 * @param limits resources of a machine that is not to have all of this one's
 * @returns milliseconds
 */
export async function powerOn(machine = controlPlane, limits?: Limits): Promise<number> {
  const start = Date.now();
  const log = join(labPaths.logs, `${machine.name}-console.log`);
  const console = openSync(log, "a");
  // A machine that boots has no control groups of containers yet: kubelet would look for theirs for half a minute.
  if (runsContainers(diskOf(machine).root)) await removeControlGroup(machine);
  const [program = "", ...args] = inControlGroup(
    machine,
    diskOf(machine).root,
    // prettier-ignore
    ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", `--network-namespace-path=/run/netns/${namespaceOf(machine)}`, "-D", diskOf(machine).root, "--capability=CAP_NET_ADMIN", "-b"],
    limits,
  );
  const container = spawn(program, args, {
    detached: true,
    stdio: ["ignore", console, console],
    // Without this, /proc/sys/net is read-only and networkd does not start.
    env: { ...process.env, SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network" },
  });
  container.unref();
  const deadline = start + 60_000;
  let outside = false;
  for (;;) {
    if (Date.now() > deadline) {
      throw new Error(`${machine.name} did not boot within 60 s: see ${log}`);
    }
    await sleep(100);
    const leader = await leaderPid(machine);
    if (leader === undefined) continue;
    const state = (await onNode(["systemctl", "is-system-running"], {}, machine)).stdout.trim();
    if (!outside && state && state !== "offline") {
      outside = true;
      await startOutside(diskOf(machine).root, leader, join(labPaths.logs, `${machine.name}-outside.log`));
    }
    const ssh = await onNode(["ss", "-Hltn", "sport = :22"], {}, machine);
    if ((state !== "running" && state !== "degraded") || !ssh.stdout) continue;
    if (limits) await onNode(delegateControllers, {}, machine);
    return Date.now() - start;
  }
}

async function waitUntilOff(seconds: number, machine: Machine): Promise<boolean> {
  for (let tries = 0; tries < seconds * 10; tries++) {
    if ((await leaderPid(machine)) === undefined) return true;
    await sleep(100);
  }
  return false;
}

/** Cuts the power: nothing on the machine can clean up. */
export async function cutPower(machine = controlPlane): Promise<void> {
  const leader = await leaderPid(machine);
  if (leader !== undefined) await attempt("kill", ["-9", `${leader}`]);
  await attempt("pkill", ["-9", "-f", `systemd-nspawn .*-D ${diskOf(machine).root}`]);
  await waitUntilOff(5, machine);
  await stopOutside(diskOf(machine).root);
}

/** Stops all services, as `systemctl poweroff` does; cuts the power after 90 s, as EC2 does. */
export async function shutDown(machine = controlPlane): Promise<void> {
  if ((await leaderPid(machine)) === undefined) return;
  await onNode(["systemctl", "poweroff", "--no-block"], {}, machine);
  if (!(await waitUntilOff(90, machine))) await cutPower(machine);
  await stopOutside(diskOf(machine).root);
}

/** Kills what runs outside of a machine for it; its program starts it again. */
export const killOutside = (machine = controlPlane): Promise<void> => killChildren(diskOf(machine).root);

export interface RebootOptions {
  /** Cut the power in place of a clean shutdown. */
  powerCut?: boolean;
  /** Delay of nodeup's API server manifest, in seconds. */
  nodeupSeconds?: number;
}

/**
 * Restarts the node with a fresh kernel state: addresses, rules and connections are gone, the disk stays.
 * @returns milliseconds to boot
 */
export async function reboot({ powerCut = false, nodeupSeconds = 0 }: RebootOptions = {}): Promise<number> {
  await writeFile(join(diskOf(controlPlane).root, nodeupDelay), `${nodeupSeconds}\n`);
  await (powerCut ? cutPower() : shutDown());
  await replug();
  return powerOn();
}

/** Edits the API server's manifest by hand, as in the original write-up, and waits for the new listener. */
export async function moveApi(address: MovedApiAddress): Promise<void> {
  await onNode(["sh", "-c", moveApiServer(address)]);
  await waitForApi(8443);
}

export async function waitForApi(port: number): Promise<void> {
  for (let tries = 0; tries < 900; tries++) {
    const { stdout } = await onNode(["ss", "-Hltnp", `sport = :${port}`]);
    if (stdout.includes("kube-apiserver")) return;
    await sleep(100);
  }
  throw new Error(
    `the API server did not listen on port ${port} within 90 s: npm run lab -- exec node -- journalctl -u kubelet`,
  );
}

/** Unmounts and deletes a machine's disk, including its host key: every instance has its own. */
export async function removeDisk(machine = controlPlane): Promise<void> {
  const disk = diskOf(machine);
  await attempt("umount", ["-l", disk.root]);
  for (const directory of Object.values(disk)) await rm(directory, { recursive: true, force: true });
  for (const key of [hostKeyOf(machine), `${hostKeyOf(machine)}.pub`]) await rm(key, { force: true });
  await removeControlGroup(machine);
}

/** Reconnects a machine's network card; a new instance gets a new card. */
export async function replug(machine = controlPlane): Promise<void> {
  await unplug(machine);
  await plugIn(machine, currentNode(machine).macAddress);
  await tellCloud("plugged", {});
}
