/**
 * A program on a machine's disk that runs outside of the booted machine, for system calls that a container may not make,
 * like bpf(). It shares the machine's network and control groups, and starts and ends with the machine.
 */
import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { readlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attempt } from "../process";

/** Path on the disk. Its argument is the disk's directory on this machine. Most disks have none. */
export const outsideProgram = "/opt/kops/outside";

const controlGroups = (pid: number | "self"): Promise<string> => readlink(`/proc/${pid}/ns/cgroup`);

/** The PID of its container, which the kernel ends with all that is in it. */
async function containerPid(disk: string): Promise<number | undefined> {
  const { stdout } = await attempt("pgrep", ["-f", `^unshare .* ${disk}$`]);
  return Number(stdout.split("\n")[0]) || undefined;
}

/**
 * Starts the disk's program, if it has one.
 * @param leader PID of the machine's systemd
 * @throws if it could reach the control groups of this machine
 */
export async function startOutside(disk: string, leader: number, log: string): Promise<void> {
  if (!existsSync(join(disk, outsideProgram))) return;
  if ((await controlGroups(leader)) === (await controlGroups("self")))
    throw new Error(
      `expected a cgroup namespace of the machine in ${disk}, found this machine's: ` +
        "its systemd-nspawn makes none, and BPF programs would be attached to this machine itself",
    );
  const output = openSync(log, "a");
  const container = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", join(disk, outsideProgram), disk];
  spawn("nsenter", ["--target", `${leader}`, "--net", "--cgroup", ...container], {
    detached: true,
    stdio: ["ignore", output, output],
    env: { PATH: process.env["PATH"] },
  }).unref();
}

/** Kills what the program runs at the moment. */
export async function killChildren(disk: string): Promise<void> {
  const shell = (await attempt("pgrep", ["-P", `${(await containerPid(disk)) ?? ""}`])).stdout.trim();
  if (shell) await attempt("pkill", ["-9", "-P", shell]);
}

/** Ends it at once, with its children. */
export async function stopOutside(disk: string): Promise<void> {
  for (let pid = await containerPid(disk); pid !== undefined; pid = await containerPid(disk)) {
    await attempt("kill", ["-9", `${pid}`]);
    await sleep(50);
  }
}
