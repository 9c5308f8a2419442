/**
 * The program that a node runs at every boot where kOps brings the host files. A fresh node gets its addresses and the host files,
 * by the very commands that `pulumi up` sends over SSH; a node that has them is left to `pulumi up`.
 */
import { lastFile } from "../hostfiles";
import { installedMark, statsPasswordFile } from "../hostfiles/paths";
import { type SelfAssignSettings, selfAssignFunctions } from "../hostfiles/selfAssign";
import { quote } from "../hostfiles/shell";

/** What a file stands for until the node knows it: written in its place before anything runs. */
export const unknowns = {
  primaryPrivateIp: "@PRIMARY_PRIVATE_IP@",
  instanceId: "@INSTANCE_ID@",
  statsPassword: "@STATS_PASSWORD@",
} as const;

/** Writable on every image: nodeup starts kubelet only once it has written all files. */
const directory = "/opt/secondary-ingress";
export const bootProgram = `${directory}/boot`;
/** Where kOps puts what a step reads from its standard input. */
export const stepFile = (name: string): string => `${directory}/steps/${name}`;

/** Pauses between two attempts: the first, then doubled up to the longest. Seconds. */
const firstPause = 2;
const longestPause = 300;

/** One host step as the node runs it. */
export interface BootStep {
  name: string;
  /** The command line that `pulumi up` sends over SSH. */
  command: string;
}

export function renderBoot(settings: SelfAssignSettings, steps: readonly BootStep[]): string {
  return `#!/bin/bash
# Gives this node what the last one had: the secondary address, the Elastic IP, and the host files. Tries until it has succeeded;
# nothing waits for it, the API server least of all.
set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
${selfAssignFunctions(settings)}

# The last file of all is in effect: from now on the host files are the stack's to change.
is_installed() { [ -s ${quote(installedMark(lastFile))} ]; }

# The statistics' password stands in no manifest: the node makes its own until the stack's next run.
password() { cat ${statsPasswordFile} 2>/dev/null || od -An -N16 -tx1 /dev/urandom | tr -d ' \\n'; }

# The commands come from a login that is not root.
sudo() { shift; "$@"; }
export -f sudo

step() { # name, command
  local command=\${2//${unknowns.instanceId}/$instance}
  sed -e "s/${unknowns.primaryPrivateIp}/$primary/g" -e "s/${unknowns.statsPassword}/$(password)/g" "${stepFile("$1")}" |
    bash -c "$command" 2>&1 >/dev/null | tail -n 5 | sed "s/^/$1: /" >&2
  [ "\${PIPESTATUS[1]}" = 0 ] || { why="$1 did not succeed: see the lines above"; return 1; }
}

install_files() {
${steps.map(({ name, command }) => `  step ${name} ${quote(command)} || return 1`).join("\n")}
  echo 'the host files are installed'
}

attempt() {
  learn || return 1
  local reason=
  assign
  case $? in
    0) ;;
    2) echo "the Elastic IP $allocation is gone, so the stack is: nothing is installed; take the secondary ingress out of kOps' manifests"; exit 0 ;;
    *) reason=$why ;;
  esac
  is_installed || install_files || reason="\${reason:+$reason; }$why"
  why=$reason
  [ -z "$why" ]
}

pause=${firstPause}
until attempt; do
  echo "$why; tried again in $pause s" >&2
  sleep $pause
  pause=$((pause * 2 > ${longestPause} ? ${longestPause} : pause * 2))
done
`;
}

export const bootUnit = "secondary-ingress-boot.service";

/**
 * kOps starts hooks with `systemctl --no-block` at every run of nodeup, and again where they are not active: so this one is active
 * while it works and afterwards, or it would be cut short half-way (nodeup/nodetasks/service.go).
 */
export function renderBootUnit(): string {
  return `[Unit]
Description=Secondary ingress: give a fresh node its addresses and host files
After=network.target
StartLimitIntervalSec=0

[Service]
Type=exec
RemainAfterExit=yes
ExecStart=${bootProgram}
Restart=on-failure
RestartSec=10s

[Install]
WantedBy=multi-user.target
`;
}
