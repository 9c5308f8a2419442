/** One file on the node as a step: what host-file is told about it, for any file, for a program and for a unit. */
import type { HostIdentity, HostSettings } from "../hostSettings";
import type { CommandSettings, HostStep } from "./hostStep";
import { directories, hostFileProgram } from "../node/paths";
import { commandLine } from "../node/shell";

export interface FileStep<Key extends keyof HostSettings> {
  name: string;
  path: string | ((settings: CommandSettings) => string);
  /** Settings that `path` or the commands read. */
  commandNeeds?: readonly (keyof HostSettings)[];
  /** Permissions, default 0644. */
  mode?: string;
  secret?: boolean;
  /** See `HostStep.armed`. */
  armed?: true;
  needs: readonly Key[];
  render(settings: Pick<HostSettings, Key>): string;
  /** Shell commands for host-file: see there for what they find in their environment. */
  check?: string;
  activate?: string;
  /** Whether the file has the effect that it should have. */
  verify?: string;
  deactivate?: string;
  afterwards?: string;
}

/** A command line that runs as root on the node. */
export const root = (...words: string[]): string => commandLine("sudo", "-n", ...words);

/** Options that every command of ours has; the instance's id makes a replaced node installed anew. */
export const identity = ({ owner, formerOwner, instanceId, reinstall }: HostIdentity): string[] => [
  ...["--owner", owner, "--instance", instanceId],
  ...(formerOwner === "" ? [] : ["--former-owner", formerOwner]),
  ...(reinstall === "" ? [] : ["--reinstall", reinstall]),
];

/** Runs host-file if it is installed; without it, nothing of ours is left. */
export const whereInstalled = (command: string): string => `test -x ${hostFileProgram} || exit 0; ${command}`;

/** A call of host-file that knows who comes over SSH; sudo forgets it. */
export const asOperator = (...words: string[]): string =>
  root("env", "OPERATOR=@", hostFileProgram, ...words).replace("OPERATOR=@", '"OPERATOR=${SSH_CONNECTION%% *}"');

/** What an armed step is part of that no change names: the removal of everything, or the boot of a fresh node. */
export const unnamedChange = "all";

const option = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [name, value]);

export function file<Key extends keyof HostSettings = never>(step: FileStep<Key>): HostStep {
  const { mode = "0644", armed, check, activate, verify, deactivate, afterwards } = step;
  const path = (host: CommandSettings): string => (typeof step.path === "string" ? step.path : step.path(host));
  const flag = ({ change = unnamedChange }: CommandSettings): string[] => (armed ? ["--armed", change] : []);
  return {
    name: step.name,
    needs: step.needs,
    ...(step.commandNeeds ? { commandNeeds: step.commandNeeds } : {}),
    ...(step.secret ? { secret: true } : {}),
    ...(armed ? { armed } : {}),
    stdin: (settings) => step.render(settings),
    create: (host) =>
      asOperator(
        "install",
        ...identity(host),
        ...["--path", path(host), "--mode", mode],
        ...option("--check", check),
        ...option("--activate", activate),
        ...option("--verify", verify),
        ...option("--deactivate", deactivate),
        // What undoes a first installation.
        ...(armed ? option("--afterwards", afterwards) : []),
        ...flag(host),
      ),
    remove: (host) =>
      whereInstalled(
        asOperator(
          "remove",
          ...identity(host),
          ...["--path", path(host)],
          ...option("--deactivate", deactivate),
          ...option("--afterwards", afterwards),
          ...flag(host),
        ),
      ),
  };
}

/** Validators of the owning tools. */
export const shellCheck = 'bash -n "$FILE"';
export const unitCheck = 'systemd-analyze verify --man=no "$FILE"';
export const rulesCheck = 'nft -c -f "$FILE"';

export const unitPath = (name: string): string => `${directories.units}/${name}`;
export const daemonReload = "systemctl daemon-reload";
export const isActive = (unit: string): string => `systemctl is-active -q ${unit}`;

/** A unit that runs takes up what has changed; one that is not there, or does not run, is left alone. */
export const restartIfChanged = (unit: string): string =>
  `if [ "$CHANGED" = yes ] && ${isActive(unit)}; then systemctl restart ${unit}; fi`;

/** A program in our own directory. */
export const programStep = <Key extends keyof HostSettings = never>(
  name: string,
  path: string,
  needs: readonly Key[],
  render: FileStep<Key>["render"],
  more: Partial<FileStep<Key>> = {},
): HostStep => file({ name, path, mode: "0755", needs, render, check: shellCheck, ...more });

/** Enables a unit, and has it run as installed. */
export const enableAndRun = (unit: string): string =>
  `${daemonReload}; systemctl enable -q ${unit} && if [ "$CHANGED" = yes ]; then systemctl restart ${unit}; else systemctl start ${unit}; fi`;

/** A unit that is enabled and runs from now on. */
export const unitStep = (
  name: string,
  unit: string,
  render: () => string,
  more: Partial<FileStep<never>> = {},
): HostStep =>
  file({
    name,
    path: unitPath(unit),
    needs: [],
    render,
    check: unitCheck,
    activate: enableAndRun(unit),
    verify: isActive(unit),
    // A removal whose answer was lost is asked for again.
    deactivate: `[ ! -e "$TARGET" ] || systemctl disable -q --now ${unit}`,
    afterwards: daemonReload,
    ...more,
  });
