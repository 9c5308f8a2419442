/** The node's side: what is installed there, and in which order. */
export { ApiForwarder, type HostIdentity, type HostSettings, NetworkConfig } from "./hostSettings";
export type { CommandSettings, HostStep } from "./hostStep";
export { parsePreflight, type PreflightReport } from "./preflight";
export { hostSteps, lastFile, preflight } from "./steps";
