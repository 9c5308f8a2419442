/** The node as a machine: its disk (an overlay on the image), power on, power off, and a way in. */
import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "../aws/account";
import { namespaces, node, publicAwsEndpoint, vpc } from "../network/addresses";
import { applyDataPlane } from "../network/dataPlane";
import { createNodeNamespace, removeNodeNamespace } from "../network/namespaces";
import { labPaths } from "../paths";
import { attempt, type Finished, run, type RunOptions } from "../process";
import { keyPair } from "./certificates";
import { currentNode } from "./identity";
import { type ControlPlane, moveApiServer, type MovedApiAddress, nodeupDelay, type NodeFiles } from "./controlPlane";

const disk = {
  upper: join(labPaths.node, "upper"),
  work: join(labPaths.node, "work"),
  root: join(labPaths.node, "root"),
} as const;

/** The login of the operator on the node, as on kOps' Ubuntu images. */
export const nodeUser = "ubuntu";

export const operatorKey = join(labPaths.keys, "id_ed25519");
const hostKey = join(labPaths.keys, "ssh_host_ed25519_key");

/** The node's public host key, `ssh-ed25519 AAAA…`, as `ssh-keyscan` prints it without the host. */
export async function nodeHostKey(): Promise<string> {
  return (await readFile(`${hostKey}.pub`, "utf8")).trim().split(" ").slice(0, 2).join(" ");
}

/** What configures the network of the node's image. */
export const nodeNetworks = ["netplan", "networkd"] as const;
export type NodeNetwork = (typeof nodeNetworks)[number];

/** cloud-init's network configuration, with the static form of what DHCP gives on EC2. */
const cloudInitNetplan = (primaryPrivateIp: string): string => `network:
  version: 2
  ethernets:
    ${node.device}:
      addresses: [${primaryPrivateIp}/${node.prefix}]
      routes: [{ to: default, via: ${vpc.router} }]
`;

/** The same for an image that has systemd-networkd alone. */
const cloudInitNetworkd = (primaryPrivateIp: string): string => `[Match]
Name=${node.device}

[Network]
Address=${primaryPrivateIp}/${node.prefix}
Gateway=${vpc.router}
`;

/** Takes files of the image away from the node: overlayfs shows a device 0:0 as absent. */
async function hide(...paths: string[]): Promise<void> {
  for (const path of paths) {
    const file = join(disk.upper, path);
    await mkdir(dirname(file), { recursive: true });
    await run("mknod", [file, "c", "0", "0"]);
  }
}

async function writeNodeFiles(files: NodeFiles): Promise<void> {
  for (const [path, { text, mode }] of Object.entries(files)) {
    const file = join(disk.upper, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    await chmod(file, mode ?? 0o644);
  }
}

async function copyToNode(source: string, path: string, mode: number): Promise<void> {
  const file = join(disk.upper, path);
  await mkdir(dirname(file), { recursive: true });
  await copyFile(source, file);
  await chmod(file, mode);
}

/** Makes the node's disk from the image: keys, network, and what kOps puts there. Mounts it. Every disk has host keys of its own. */
export async function createDisk(image: string, controlPlane: ControlPlane, network: NodeNetwork): Promise<void> {
  const { primaryPrivateIp } = currentNode();
  for (const directory of Object.values(disk)) await mkdir(directory, { recursive: true });
  await mkdir(labPaths.keys, { recursive: true });
  await chmod(labPaths.keys, 0o700);
  await rm(hostKey, { force: true });
  for (const key of [operatorKey, hostKey].filter((key) => !existsSync(key)))
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", key]);

  await copyToNode(hostKey, "/etc/ssh/ssh_host_ed25519_key", 0o600);
  await copyToNode(`${hostKey}.pub`, "/etc/ssh/ssh_host_ed25519_key.pub", 0o644);
  await writeNodeFiles({
    "/etc/hostname": { text: "node\n" },
    "/etc/hosts": {
      text: `127.0.0.1 localhost\n127.0.1.1 node\n${publicAwsEndpoint.host} ${publicAwsEndpoint.name}\n`,
    },
    "/etc/ssl/certs/ca-certificates.crt": { text: await readFile(keyPair("web-authority").certificate, "utf8") },
    ...(network === "netplan"
      ? { "/etc/netplan/50-cloud-init.yaml": { text: cloudInitNetplan(primaryPrivateIp), mode: 0o600 } }
      : { "/etc/systemd/network/50-cloud-init.network": { text: cloudInitNetworkd(primaryPrivateIp) } }),
    ...controlPlane.files,
  });
  if (network === "networkd") await hide("/usr/sbin/netplan", "/usr/lib/systemd/system-generators/netplan");
  for (const unit of controlPlane.units) {
    const wants = join(disk.upper, "etc/systemd/system/multi-user.target.wants");
    await mkdir(wants, { recursive: true });
    await symlink(`/etc/systemd/system/${unit}`, join(wants, unit));
  }
  const lower = [...controlPlane.layers].reverse().concat(image).join(":");
  const overlay = `lowerdir=${lower},upperdir=${disk.upper},workdir=${disk.work}`;
  await run("mount", ["-t", "overlay", "kops-secondary-ingress-lab", "-o", overlay, disk.root]);
  // Ownership as on a real image: the operator's key belongs to the login.
  const home = join(disk.root, "home", nodeUser);
  await mkdir(join(home, ".ssh"), { recursive: true });
  await copyFile(`${operatorKey}.pub`, join(home, ".ssh/authorized_keys"));
  await run("chroot", [disk.root, "chown", "-R", `${nodeUser}:${nodeUser}`, `/home/${nodeUser}`]);
}

/** The command line that runs a program on the node as root, whatever the state of its network or sshd. */
export async function onNodeCommand(command: readonly string[]): Promise<string[]> {
  const leader = await leaderPid();
  if (leader === undefined) throw new Error("the node is not running: start it with 'npm run lab -- up'");
  // prettier-ignore
  const env = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", `TERM=${process.env["TERM"] ?? "dumb"}`];
  return ["nsenter", "-t", `${leader}`, "-a", "--", ...env, ...command];
}

/** Runs a program on the node as root. */
export async function onNode(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [program = "", ...args] = await onNodeCommand(command);
  return attempt(program, args, options);
}

/** Process id, on this machine, of the node's systemd. */
export async function leaderPid(): Promise<number | undefined> {
  const container = await attempt("pgrep", ["-f", `systemd-nspawn .*-D ${disk.root}`]);
  const parent = container.stdout.split("\n")[0];
  if (!parent) return undefined;
  const child = await attempt("pgrep", ["-P", parent]);
  const pid = Number(child.stdout.split("\n")[0]);
  return pid > 0 ? pid : undefined;
}

/** Powers the node on and waits until its systemd has started everything and sshd answers. Milliseconds it took. */
export async function powerOn(): Promise<number> {
  const start = Date.now();
  const console = openSync(join(labPaths.logs, "node-console.log"), "a");
  const container = spawn(
    "systemd-nspawn",
    // prettier-ignore
    ["--quiet", "--register=no", "--keep-unit", `--network-namespace-path=/run/netns/${namespaces.node}`, "-D", disk.root, "--capability=CAP_NET_ADMIN", "-b"],
    {
      detached: true,
      stdio: ["ignore", console, console],
      // Without it /proc/sys/net is read-only and networkd is skipped.
      env: { ...process.env, SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network" },
    },
  );
  container.unref();
  const deadline = start + 60_000;
  for (;;) {
    if (Date.now() > deadline) {
      throw new Error(`the node did not boot within 60 s: see ${join(labPaths.logs, "node-console.log")}`);
    }
    await sleep(100);
    if ((await leaderPid()) === undefined) continue;
    const state = (await onNode(["systemctl", "is-system-running"])).stdout.trim();
    const ssh = await onNode(["ss", "-Hltn", "sport = :22"]);
    if ((state === "running" || state === "degraded") && ssh.stdout) return Date.now() - start;
  }
}

async function waitUntilOff(seconds: number): Promise<boolean> {
  for (let tries = 0; tries < seconds * 10; tries++) {
    if ((await leaderPid()) === undefined) return true;
    await sleep(100);
  }
  return false;
}

/** Pulls the plug: nothing on the node gets a chance to tidy up. */
export async function cutPower(): Promise<void> {
  const leader = await leaderPid();
  if (leader !== undefined) await attempt("kill", ["-9", `${leader}`]);
  await attempt("pkill", ["-9", "-f", `systemd-nspawn .*-D ${disk.root}`]);
  await waitUntilOff(5);
}

/** Stops every service in order, as `systemctl poweroff` does; pulls the plug where that takes over 90 s, as EC2 does. */
async function shutDown(): Promise<void> {
  if ((await leaderPid()) === undefined) return;
  await onNode(["systemctl", "poweroff", "--no-block"]);
  if (!(await waitUntilOff(90))) await cutPower();
}

export interface RebootOptions {
  /** As after a power failure instead of a shutdown in order. */
  powerCut?: boolean;
  /** Seconds by which nodeup is late with the API server's manifest. */
  nodeupSeconds?: number;
}

/** Restarts the node with an empty kernel: addresses, rules and connections are gone, the disk is kept. Milliseconds to boot. */
export async function reboot({ powerCut = false, nodeupSeconds = 0 }: RebootOptions = {}): Promise<number> {
  await writeFile(join(disk.root, nodeupDelay), `${nodeupSeconds}\n`);
  await (powerCut ? cutPower() : shutDown());
  await replug();
  return powerOn();
}

/** Edits the API server's manifest by hand, as the original write-up does, and waits until it listens there. */
export async function moveApi(address: MovedApiAddress): Promise<void> {
  await onNode(["sh", "-c", moveApiServer(address)]);
  await waitForApi(8443);
}

/** Waits until the API server listens on a port. */
export async function waitForApi(port: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const { stdout } = await onNode(["ss", "-Hltnp", `sport = :${port}`]);
    if (stdout.includes("kube-apiserver")) return;
    await sleep(100);
  }
  throw new Error(
    `the API server did not come up on port ${port} within 30 s: npm run lab -- exec node -- journalctl -u kubelet`,
  );
}

/** Unmounts the node's disk and throws it away. */
export async function removeDisk(): Promise<void> {
  await attempt("umount", ["-l", disk.root]);
  for (const directory of Object.values(disk)) await rm(directory, { recursive: true, force: true });
}

/** Plugs the machine's network card in anew: another one, where the instance is another. */
export async function replug(): Promise<void> {
  await removeNodeNamespace();
  await createNodeNamespace(currentNode().macAddress);
  await applyDataPlane(JSON.parse(await readFile(labPaths.account, "utf8")) as Account);
}
