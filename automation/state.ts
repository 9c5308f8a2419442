/** A stack's state, as `pulumi stack export` prints it: secrets stay encrypted, so that reading it takes no passphrase. */
import { redacted } from "./redact";

export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  outputs?: Record<string, unknown>;
  retainOnDelete?: boolean;
}

export interface StackState {
  version: number;
  deployment: { resources?: StateResource[]; [key: string]: unknown };
}

export const resourcesOf = ({ deployment }: StackState): StateResource[] => deployment.resources ?? [];

/** Marks a secret in a state: sdk/go/common/resource/sig/sig.go of pulumi/pulumi. */
const [signature, secretSignature] = ["4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"];

/** A value with `[secret]` in place of its secrets, as `pulumi stack output --json` prints it. */
function withoutSecrets(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  const fields = Object.entries(value);
  if (fields.some(([key, field]) => key === signature && field === secretSignature)) return redacted;
  return Object.fromEntries(fields.map(([key, field]) => [key, withoutSecrets(field)]));
}

/** The stack's outputs, without secrets; empty if it is not up. */
export function outputsOf(state: StackState): Record<string, unknown> {
  const stack = resourcesOf(state).find(({ type }) => type === "pulumi:pulumi:Stack");
  return withoutSecrets(stack?.outputs ?? {}) as Record<string, unknown>;
}
