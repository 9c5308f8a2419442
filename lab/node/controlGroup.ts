/**
 * A separate control group for each machine. systemd-nspawn creates a machine's groups below its own: machines started
 * from the same group would manage each other's services, because both have units such as `ssh.service`.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { namespaceOf } from "../network/namespaces";
import { attempt } from "../process";
import type { Machine } from "../network/machines";

const hybrid = "/sys/fs/cgroup/unified";
/** Where cgroup v2 is mounted, beside cgroup v1 or alone. */
const unified = existsSync(hybrid) ? hybrid : "/sys/fs/cgroup";

/** This process's groups in systemd's hierarchies: cgroup v2, and v1's `name=systemd` if both are mounted. */
function currentGroups(): string[] {
  return readFileSync("/proc/self/cgroup", "utf8")
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      if (controllers === "name=systemd") return [join("/sys/fs/cgroup/systemd", path)];
      return controllers === "" ? [join(unified, path)] : [];
    })
    .filter(existsSync);
}

const groupsOf = (machine: Machine): string[] => currentGroups().map((group) => join(group, namespaceOf(machine)));

/** Resources of a machine that is not to have all of this one's. */
export interface Limits {
  /** Bytes. */
  memory: number;
}

const pathOf = (controller: string): string => join("/sys/fs/cgroup", controller);

/** cgroup v1's controllers that a machine's own units are limited by; none of them exists with cgroup v2 alone. */
const controllers = ["memory", "cpu"].map(pathOf).filter(existsSync);

/** A machine with this file on its disk runs containers: each of cgroup v1's controllers has a group of its own for it. */
export const ownControllersMark = "/opt/kops/own-controllers";
const allControllers = [
  ...["memory", "cpu", "cpuacct", "cpuset", "pids", "devices", "freezer", "blkio", "net_cls", "net_prio", "hugetlb"],
  ...["perf_event", "rdma", "misc"],
]
  .map(pathOf)
  .filter(existsSync);

/** @param disk the directory of the machine's disk on this machine */
export const runsContainers = (disk: string): boolean => existsSync(join(disk, ownControllersMark));

const ownGroups = (machine: Machine, paths: readonly string[]): string[] =>
  paths.map((path) => join(path, namespaceOf(machine)));

/** A group of cpuset takes no process before it has processors and memory. */
const inherit = (group: string): string =>
  ["cpuset.cpus", "cpuset.mems"]
    .map((file) => `[ ! -e '${group}/${file}' ] || cat '${dirname(group)}/${file}' >'${group}/${file}'; `)
    .join("");

/**
 * Wraps a command line to run in the machine's control group.
 * @param disk the directory of the machine's disk on this machine
 */
export const inControlGroup = (
  machine: Machine,
  disk: string,
  command: readonly string[],
  limits?: Limits,
): string[] => {
  const containers = runsContainers(disk);
  if ((limits || containers) && controllers.length < 2)
    throw new Error(
      `expected cgroup v1's memory and cpu controllers in /sys/fs/cgroup to ${limits ? "limit a machine" : "run kubelet"}, found none`,
    );
  const own = containers ? allControllers : limits ? controllers : [];
  const groups = [...groupsOf(machine), ...ownGroups(machine, own)];
  const limit = limits
    ? `echo ${limits.memory} >/sys/fs/cgroup/memory/${namespaceOf(machine)}/memory.limit_in_bytes; `
    : "";
  return [
    "sh",
    "-c",
    `${groups.map((group) => `mkdir -p '${group}'; ${inherit(group)}echo $$ >'${group}/cgroup.procs'; `).join("")}${limit}exec "$@"`,
    "sh",
    ...command,
  ];
};

/**
 * Wraps a command line to run in the control group of a machine's systemd, where Cilium's programs see its sockets.
 * While systemd has no group of its own yet, it runs in this process's.
 */
export const inGroupOf = (leader: number, command: readonly string[]): [string, ...string[]] => {
  const group = `$(sed -n 's|^0::\\(.*/init.scope\\)$|\\1|p' /proc/${leader}/cgroup)`;
  const join = `g="${group}"; [ -z "$g" ] || echo $$ >"${unified}$g/cgroup.procs"; exec "$@"`;
  return ["sh", "-c", join, "sh", ...command];
};

/** Lets the systemd of a limited machine, which sees the controllers read-only at first, limit its own units. */
export const delegateControllers: readonly string[] = [
  "sh",
  "-c",
  `${controllers.map((path) => `mount -o remount,rw,bind ${path} && `).join("")}systemctl daemon-reexec`,
];

/** For a machine that is off; its last processes may still be exiting. */
export async function removeControlGroup(machine: Machine): Promise<void> {
  for (const group of [...groupsOf(machine), ...ownGroups(machine, allControllers)])
    for (let tries = 0; tries < 50 && existsSync(group); tries++) {
      if (tries > 0) await sleep(100);
      await attempt("find", [group, "-depth", "-type", "d", "-delete"]);
    }
}
