/** Programs on the node that stand before the real ones on PATH and let a chosen call go wrong. */
import { onNode } from "../../node/machine";

/** What the installer calls at its stages; found first in /usr/local/sbin. */
const wrapped = ["mktemp", "cat", "chmod", "cp", "sync", "mv", "timeout"] as const;
type Program = (typeof wrapped)[number];

/** How a call goes wrong. */
export const actions = {
  /** The installer and whatever it runs are killed. */
  killed: "pkill -9 -f '[/]host-file |[/]secondary-ingress\\.|[b]ash -s install'; exit 137",
  /** The program cannot write. */
  "disk full": 'echo "$name: No space left on device" >&2; exit 1',
  /** The owning tool, or the command that puts the file into effect, says no. */
  refused: "echo refused >&2; exit 1",
  /** The operator's connection is gone. */
  cut: 'pkill -9 -f \'sshd: [u]buntu@notty\'; exec "$real" "$@"',
} as const;
export type Action = keyof typeof actions;

/** Which actions make sense at a call of a program. */
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

/** The call of that number goes wrong from now on; 0 lets every call through and only counts. */
export async function arm(call: number, action: Action = "killed"): Promise<void> {
  await asRoot(
    `rm -f ${directory}/calls ${directory}/log; echo ${call} ${action.replace(" ", "-")} >${directory}/armed`,
  );
}

/** Everything works again. @returns the programs that were called since, in order */
export async function disarm(): Promise<Program[]> {
  const log = await asRoot(`rm -f ${directory}/armed; /usr/bin/cat ${directory}/log 2>/dev/null || true`);
  return log.split("\n").filter(Boolean) as Program[];
}
