/** Wrapper programs on the node's PATH that make a chosen call fail. */
import { onNode } from "../../node/machine";

/** The installer's calls; the wrappers are in /usr/local/sbin, which comes first on PATH. */
const wrapped = ["mktemp", "cat", "chmod", "cp", "sync", "mv", "timeout"] as const;
type Program = (typeof wrapped)[number];

/** Ways to make a call fail. */
export const actions = {
  /** Kills the installer and its children. */
  killed: "pkill -9 -f '[/]host-file |[/]secondary-ingress\\.|[b]ash -s install'; exit 137",
  /** Writing fails. */
  "disk full": 'echo "$name: No space left on device" >&2; exit 1',
  /** The owning tool, or the command that applies the file, rejects it. */
  refused: "echo refused >&2; exit 1",
  /** The operator's connection is closed. */
  cut: 'pkill -9 -f \'sshd: [u]buntu@notty\'; exec "$real" "$@"',
} as const;
export type Action = keyof typeof actions;

/** The actions that apply to a call of each program. */
export const actionsAt: Readonly<Record<Program, readonly Action[]>> = {
  mktemp: ["killed", "disk full", "cut"],
  cat: ["killed"],
  chmod: ["killed"],
  cp: ["killed", "disk full"],
  sync: ["killed", "disk full"],
  mv: ["killed", "disk full", "cut"],
  timeout: ["killed", "refused", "cut"],
};

const directory = "/run/interruptions";

const wrapper = (program: Program): string => `#!/bin/bash
# Counts the calls of the wrapped programs; the one that is asked for goes wrong.
name=${program} real=$(PATH=/usr/bin:/bin command -v ${program})
[ -e ${directory}/armed ] || exec "$real" "$@"
# The units that steps start are no part of them, nor what undoes a step.
case $(</proc/self/cgroup) in *secondary-ingress-check.service* | *secondary-ingress-guard.service* | *secondary-ingress-undo.service*) exec "$real" "$@" ;; esac
calls=$(($(/usr/bin/cat ${directory}/calls 2>/dev/null || echo 0) + 1))
echo $calls >${directory}/calls
echo ${program} >>${directory}/log
read -r at action <${directory}/armed
[ "$calls" = "$at" ] || exec "$real" "$@"
case $action in
${Object.entries(actions)
  .map(([action, does]) => `  ${action.replace(" ", "-")}) ${does} ;;`)
  .join("\n")}
esac
`;

async function asRoot(script: string, input = ""): Promise<string> {
  const { status, stdout, stderr } = await onNode(["bash", "-c", script], { input });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout;
}

export async function installWrappers(): Promise<void> {
  await asRoot(`mkdir -p ${directory}`);
  for (const program of wrapped) {
    await asRoot(
      `/usr/bin/cat >/usr/local/sbin/${program} && /usr/bin/chmod 0755 /usr/local/sbin/${program}`,
      wrapper(program),
    );
  }
}

/** Makes the call of that number fail; 0 only counts calls. */
export async function arm(call: number, action: Action = "killed"): Promise<void> {
  await asRoot(
    `rm -f ${directory}/calls ${directory}/log; echo ${call} ${action.replace(" ", "-")} >${directory}/armed`,
  );
}

/**
 * Disables the faults.
 * @returns the programs called since `arm`, in order
 */
export async function disarm(): Promise<Program[]> {
  const log = await asRoot(`rm -f ${directory}/armed; /usr/bin/cat ${directory}/log 2>/dev/null || true`);
  return log.split("\n").filter(Boolean) as Program[];
}
