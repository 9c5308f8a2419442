/** From what the engine said to an error that says what to do. */
import { hostname } from "node:os";
import {
  type AutomationError,
  AwsDenied,
  ConfigInvalid,
  EngineMissing,
  HostKeyMismatch,
  type LockHolder,
  NodeUnreachable,
  PreflightFailed,
  type PreflightFault,
  StackLocked,
  StackNotFound,
  UpdateFailed,
} from "./errors";

/** What a failed run left to judge it by; without secrets. */
export interface Failure {
  stackName: string;
  /** Errors that the engine reported about resources and the program, as `name: text`. */
  reported: readonly string[];
  /** The command line's own output. */
  printed: string;
}

/** The first line of a text that a pattern matches, or nothing. */
function lineWith(text: string, pattern: RegExp): string | undefined {
  return text
    .split("\n")
    .find((line) => pattern.test(line))
    ?.trim();
}

/** Whether a process of this host has ended. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** As the file back end writes it (pulumi pkg/backend/diy/lock.go). */
const lockLine = /created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g;

/** Each once: what was printed may be there twice. */
function lockHolders(text: string): LockHolder[] {
  const holders = new Map<string, LockHolder>();
  for (const [line, user = "", host = "", pid = "", since = ""] of text.matchAll(lockLine)) {
    const gone = host === hostname() ? isGone(Number(pid)) : undefined;
    holders.set(line, { who: `${user}@${host}`, pid: Number(pid), since: new Date(since), gone });
  }
  return [...holders.values()];
}

function stackLocked({ stackName, printed }: Failure): AutomationError | undefined {
  if (!/currently locked by|\[409\] Conflict: Another update is currently in progress/.test(printed)) return undefined;
  const holders = lockHolders(printed);
  const told = holders.map(({ who, pid, since, gone }) => {
    const state = gone === undefined ? "" : gone ? ", which has ended" : ", which is running";
    return `${who} (process ${pid}${state}) since ${since.toISOString()}`;
  });
  const advice =
    holders.length > 0 && holders.every(({ gone }) => gone)
      ? "The lock is left over: clear it"
      : "Wait for that run; where it was killed, clear the lock";
  return new StackLocked(
    stackName,
    `stack '${stackName}': expected no other run, found it locked by ${told.join(", ") || "another run"}. ` +
      `${advice} with cancel(), or 'pulumi cancel --stack ${stackName}'.`,
    holders,
  );
}

function stackNotFound({ stackName, printed }: Failure): AutomationError | undefined {
  if (!/no stack named .* found/.test(printed)) return undefined;
  return new StackNotFound(
    stackName,
    `expected a stack '${stackName}' in the back end, found none: see 'pulumi stack ls', or create it with ` +
      `'pulumi stack init ${stackName}'`,
  );
}

const configFaults =
  /settings? of stack '.*' cannot work|missing configuration value|missing required configuration|must be of type|incorrect passphrase|passphrase must be set|PULUMI_ACCESS_TOKEN must be set|^(?:error: )?.*\b(?:secondaryPrivateIp|allocationId|networkInterfaceId|appDomains|route53ZoneId|ssh): expected /m;

function configInvalid({ stackName, reported, printed }: Failure): AutomationError | undefined {
  const told = [...reported, printed].find((text) => configFaults.test(text));
  if (told === undefined) return undefined;
  if (/passphrase/.test(told)) {
    return new ConfigInvalid(
      stackName,
      `stack '${stackName}': expected the passphrase of its secrets, found ${/incorrect/.test(told) ? "another" : "none"}: ` +
        `set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE in the environment`,
    );
  }
  if (/PULUMI_ACCESS_TOKEN/.test(told)) {
    return new ConfigInvalid(
      stackName,
      `stack '${stackName}': expected a login to the back end that keeps its state, found none: run 'pulumi login', or set ` +
        `PULUMI_BACKEND_URL`,
    );
  }
  const whole = /\d+ settings? of stack '.*' cannot work[\s\S]*/.exec(told)?.[0];
  return new ConfigInvalid(stackName, whole?.trim() ?? `stack '${stackName}': ${lineWith(told, configFaults) ?? told}`);
}

const missing =
  /no language plugin|no resource plugin|could not load plugin|failed to load (?:language )?plugin|Pulumi SDK has not been installed|ENOENT/;

function engineMissing({ stackName, reported, printed }: Failure): AutomationError | undefined {
  const told = [...reported, printed].find((text) => missing.test(text));
  if (told === undefined) return undefined;
  return new EngineMissing(
    stackName,
    `expected the Pulumi engine with its Node.js language host and the project's plugins, found: ` +
      `${lineWith(told, missing)}. Install them with 'pulumi install' in the project's directory.`,
  );
}

function hostKeyMismatch({ stackName, reported }: Failure): AutomationError | undefined {
  const compared = reported.map(
    (text) => /ssh\.(?:proxy\.)?hostKey: expected .* to show the key [\s\S]*/.exec(text)?.[0],
  );
  const [both] = compared.filter((text) => text !== undefined);
  if (both !== undefined) return new HostKeyMismatch(stackName, `stack '${stackName}': ${both.trim()}`);
  const told = reported.find((text) => /host key mismatch|no common algorithm for host key/.test(text));
  if (told === undefined) return undefined;
  return new HostKeyMismatch(
    stackName,
    `stack '${stackName}': expected the host key in ssh.hostKey, found another at the node's address. Where the node was ` +
      `replaced, read the new one with 'ssh-keyscan -t ed25519 <node>', compare it with the EC2 console's system log, and set ` +
      `ssh.hostKey; where it was not, somebody may be in between.`,
  );
}

const unreachable =
  /SSH_AUTH_SOCK: expected .*|sshPrivateKey: expected a key, or .*|dial unix .*|This account is currently not available|an SSH server at .*, found none[^)]*\)|dial tcp.*|unable to authenticate.*|connection refused.*|no route to host.*|i\/o timeout.*|ssh: handshake failed.*/;

/** The first that fits. */
const adviceFor: readonly (readonly [RegExp, string])[] = [
  [
    /dial unix/,
    "The SSH agent at SSH_AUTH_SOCK is gone, and it is asked also beside sshPrivateKey: unset SSH_AUTH_SOCK, or start an agent.",
  ],
  [
    /account is currently not available/,
    "Name a login with a shell in ssh.user, or give it one: usermod --shell /bin/bash <login>.",
  ],
  [
    /Too many authentication failures/,
    "The agent offers more keys than the node tries (MaxAuthTries): set sshPrivateKey, or keep the node's key alone in the agent.",
  ],
  [/authenticate/, "Check ssh.user, and that its key is in the agent or in sshPrivateKey."],
];
const checkTheNode =
  "Check ssh.host, ssh.port, the node's security group for port 22, and that it runs; for a node that is gone, " +
  "'secondary-ingress forget-node' lets destroy pass.";

function nodeUnreachable({ stackName, reported }: Failure): AutomationError | undefined {
  const why = reported.map((text) => unreachable.exec(text)?.[0]).find((found) => found !== undefined);
  if (why === undefined) return undefined;
  // It has its own.
  if (/^(?:SSH_AUTH_SOCK|sshPrivateKey):/.test(why))
    return new NodeUnreachable(stackName, `stack '${stackName}': ${why}`);
  const [, advice = checkTheNode] = adviceFor.find(([pattern]) => pattern.test(why)) ?? [];
  return new NodeUnreachable(
    stackName,
    `stack '${stackName}': expected an SSH connection to the node, found: ${why} ${advice}`,
  );
}

function preflightFailed({ stackName, reported }: Failure): AutomationError | undefined {
  if (!reported.some((text) => text.includes("The node is not ready"))) return undefined;
  const faults = new Map<string, PreflightFault>();
  const shown = /^ {2}([A-Z_]+): (expected .+)\n {4}fix: (.+)$/gm;
  for (const [, code = "", problem = "", fix = ""] of reported
    .join("\n")
    .replaceAll(/^Warnings:\n(?: .*\n?)*/gm, "")
    .matchAll(shown)) {
    faults.set(`${code} ${problem}`, { code, text: `${problem}: ${fix}` });
  }
  if (faults.size === 0) return undefined;
  const found = [...faults.values()];
  return new PreflightFailed(
    stackName,
    `stack '${stackName}': the node is not ready, nothing was changed:\n${found.map(({ code, text }) => `  ${code}: ${text}`).join("\n")}`,
    found,
  );
}

/** AWS's own codes, and what its clients say when there is nothing to sign with. */
const denied =
  /UnauthorizedOperation|AccessDenied|AuthFailure|UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch|ExpiredToken|not authorized to perform|No valid credential sources|Could not load credentials|security token/i;

function awsDenied({ stackName, reported }: Failure): AutomationError | undefined {
  const told = reported.find((text) => denied.test(text));
  if (told === undefined) return undefined;
  return new AwsDenied(
    stackName,
    `stack '${stackName}': expected AWS to allow every call, found: ${lineWith(told, denied)}. Check the credentials, ` +
      `and that they may make this call; the next up goes on from here.`,
  );
}

/** In this order: the first that knows the failure names it. */
const causes = [
  stackNotFound,
  stackLocked,
  configInvalid,
  preflightFailed,
  hostKeyMismatch,
  nodeUnreachable,
  awsDenied,
  engineMissing,
];

/** The last lines of what was printed, for a failure that nobody knows. */
const tail = (text: string): string => text.trim().split("\n").slice(-15).join("\n");

export function diagnose(failure: Failure): AutomationError {
  for (const cause of causes) {
    const error = cause(failure);
    if (error) return error;
  }
  const { stackName, reported, printed } = failure;
  const told = reported.length > 0 ? [...new Set(reported)].join("\n") : tail(printed);
  return new UpdateFailed(
    stackName,
    `stack '${stackName}': the run failed. What was done is kept; mend the cause and run it again.\n${told}`,
  );
}
