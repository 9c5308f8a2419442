/** Everything that can go wrong, as a closed set: each class has a code for programs and a message that says what to do. */

/** Stable, for programs and exit codes. */
export type ErrorCode =
  | "stack-not-found"
  | "stack-locked"
  | "config-invalid"
  | "node-unreachable"
  | "host-key-mismatch"
  | "preflight-failed"
  | "aws-denied"
  | "engine-missing"
  | "update-failed";

/** What every error of a stack is. Its message holds no secret; the engine's own error, which may, is not attached. */
export abstract class AutomationError extends Error {
  abstract readonly code: ErrorCode;

  constructor(
    readonly stackName: string,
    message: string,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** The back end holds no stack of that name. */
export class StackNotFound extends AutomationError {
  readonly code = "stack-not-found";
}

/** Who holds a lock. */
export interface LockHolder {
  /** `user@host` */
  who: string;
  /** Of the engine, on that host. */
  pid: number;
  since: Date;
  /** On this host, and gone: the lock is left over. Undefined where this host cannot tell. */
  gone: boolean | undefined;
}

/** Another run works on the stack, or one was killed and left its lock. */
export class StackLocked extends AutomationError {
  readonly code = "stack-locked";

  constructor(
    stackName: string,
    message: string,
    /** Empty where the back end does not say who. */
    readonly holders: readonly LockHolder[],
  ) {
    super(stackName, message);
  }
}

/** The settings, the project's files or the passphrase cannot work. Nothing was changed. */
export class ConfigInvalid extends AutomationError {
  readonly code = "config-invalid";
}

/** No SSH connection to the node, or no login. */
export class NodeUnreachable extends AutomationError {
  readonly code = "node-unreachable";
}

/** The machine at the node's address showed another host key than the settings name. */
export class HostKeyMismatch extends AutomationError {
  readonly code = "host-key-mismatch";
}

/** One thing that stands in the way on the node. */
export interface PreflightFault {
  /** As docs/guide.md explains it: `PORT_IN_USE`. */
  code: string;
  /** What was expected, what was found, and what to do. */
  text: string;
}

/** The read-only look at the node found something in the way. Nothing was changed. */
export class PreflightFailed extends AutomationError {
  readonly code = "preflight-failed";

  constructor(
    stackName: string,
    message: string,
    readonly faults: readonly PreflightFault[],
  ) {
    super(stackName, message);
  }
}

/** AWS refused a call: no credentials, wrong ones, or too few permissions. */
export class AwsDenied extends AutomationError {
  readonly code = "aws-denied";
}

/** The Pulumi engine, its language host or a plugin is not there, or is too old. */
export class EngineMissing extends AutomationError {
  readonly code = "engine-missing";
}

/** Any other failure of a run, and a run that took too long. What was done is in the stack; the next `up` goes on from there. */
export class UpdateFailed extends AutomationError {
  readonly code = "update-failed";
}
