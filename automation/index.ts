/** Stacks of this project in the hands of another program: `openStack({ stack, workDir })`, then preview, up, outputs, destroy. */
export type { Change, Changes, Preview } from "./changes";
export {
  AutomationError,
  AwsDenied,
  ConfigInvalid,
  EngineMissing,
  type ErrorCode,
  HostKeyMismatch,
  type LockHolder,
  NodeUnreachable,
  PreflightFailed,
  type PreflightFault,
  StackLocked,
  StackNotFound,
  UpdateFailed,
} from "./errors";
export type { ProgressEvent, ResourceStep } from "./events";
export { type Outputs, Secret } from "./outputs";
export type { RunOptions } from "./run";
export { type IngressStack, openStack, type OpenStackOptions, type StackSettings, type UpResult } from "./stack";
