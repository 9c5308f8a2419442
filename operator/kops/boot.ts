/**
 * The program that a node runs at every boot where kOps brings the host files. A fresh node gets its addresses and the host files,
 * by the very commands that `pulumi up` sends over SSH; a node that has them is left to `pulumi up`.
 */
import { lastFile } from "../../hostfiles/steps/hostSteps";
import { bootDirectory, installedMark, releasedMark, statsPasswordFile } from "../../hostfiles/node/paths";
import { quote } from "../../hostfiles/node/shell";
import { type SelfAssignSettings, selfAssignFunctions } from "./selfAssign";

/** What a file stands for until the node knows it: written in its place before anything runs. */
export const unknowns = {
  primaryPrivateIp: "@PRIMARY_PRIVATE_IP@",
  instanceId: "@INSTANCE_ID@",
  statsPassword: "@STATS_PASSWORD@",
} as const;

export const bootProgram = `${bootDirectory}/boot`;
/** Where kOps puts what a step reads from its standard input. */
export const stepFile = (name: string): string => `${bootDirectory}/steps/${name}`;

/** Pauses between two attempts: the first, then doubled up to the longest. Seconds. */
const firstPause = 2;
const longestPause = 300;

/** One host step as the node runs it. */
export interface BootStep {
  name: string;
  /** The command line that `pulumi up` sends over SSH. */
  command: string;
}

export interface BootSettings extends SelfAssignSettings {
  /** The stack's security group that the same manifest names. */
  securityGroupId: string;
}

const groupLine = "# The stack's security group: ";

/** The security group that a manifest was given together with this boot program: after another `up` it may be another one. */
export function groupOf(bootText: string): string | undefined {
  return bootText
    .split("\n")
    .find((line) => line.startsWith(groupLine))
    ?.slice(groupLine.length);
}

export function renderBoot(settings: BootSettings, steps: readonly BootStep[]): string {
  return `#!/bin/bash
# Gives this node what the last one had: the secondary address, the Elastic IP, and the host files. Tries until it has succeeded;
# nothing waits for it, the API server least of all.
${groupLine}${settings.securityGroupId}
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
    3) return 1 ;;
    *) reason=$why ;;
  esac
  is_installed || install_files || reason="\${reason:+$reason; }$why"
  why=$reason
  [ -z "$why" ]
}

if [ -e ${releasedMark} ]; then
  echo "the stack has given this node back: nothing is installed; take the secondary ingress out of kOps' manifests"
  exit 0
fi
pause=${firstPause}
until attempt; do
  echo "$why; tried again in $pause s" >&2
  sleep $pause
  pause=$((pause * 2 > ${longestPause} ? ${longestPause} : pause * 2))
done
`;
}

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
