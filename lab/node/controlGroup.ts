/**
 * A control group of each machine's own. systemd-nspawn makes a machine's groups below its own one: two machines that start from the
 * same would each manage the other's services, for both have an `ssh.service`, say.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { namespaceOf } from "../network/namespaces";
import { attempt } from "../process";
import type { Machine } from "./machines";

/** Where this process is in the hierarchies that systemd uses: cgroup v2, and v1's `name=systemd` where both are mounted. */
function currentGroups(): string[] {
  return readFileSync("/proc/self/cgroup", "utf8")
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      if (controllers === "name=systemd") return [join("/sys/fs/cgroup/systemd", path)];
      if (controllers !== "") return [];
      const hybrid = "/sys/fs/cgroup/unified";
      return [join(existsSync(hybrid) ? hybrid : "/sys/fs/cgroup", path)];
    })
    .filter(existsSync);
}

const groupsOf = (machine: Machine): string[] => currentGroups().map((group) => join(group, namespaceOf(machine)));

/** The command line that runs a command in the machine's control group. */
export const inControlGroup = (machine: Machine, command: readonly string[]): string[] => [
  "sh",
  "-c",
  `${groupsOf(machine)
    .map((group) => `mkdir -p '${group}' && echo $$ >'${group}/cgroup.procs'`)
    .join("; ")}; exec "$@"`,
  "sh",
  ...command,
];

/** Of a machine that is off; its last processes may be a moment from their end. */
export async function removeControlGroup(machine: Machine): Promise<void> {
  for (const group of groupsOf(machine))
    for (let tries = 0; tries < 50 && existsSync(group); tries++) {
      if (tries > 0) await sleep(100);
      await attempt("find", [group, "-depth", "-type", "d", "-delete"]);
    }
}
