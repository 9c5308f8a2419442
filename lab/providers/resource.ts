/** What a replacement plugin implements per resource type; the server does the rest. */

/** Properties as plain JSON. The engine handles secrets, so a plugin sees plain values. */
export type Properties = Record<string, unknown>;

export interface ResourceState {
  id: string;
  outputs: Properties;
}

/** Context of an operation. */
export interface Context {
  /** Aborts if the engine cancels or the operation's custom timeout expires. */
  signal: AbortSignal;
  /** Logs to the engine; `passing` lines are shown only while the operation runs. */
  log(severity: "info" | "warning" | "error", message: string, passing?: boolean): void;
}

export interface ResourceType {
  /** Supported inputs; the server rejects others, so that none is ignored silently. */
  inputs: readonly string[];
  /** Inputs that are not read back. */
  writeOnly?: readonly string[];
  /** Outputs that are known after creation; an input among them has a default set by AWS. */
  computed: readonly string[];
  /** Outputs that an update may change, in addition to those named like inputs. */
  recomputed?: readonly string[];
  /** Outputs that are always secret. */
  secret?: readonly string[];
  /** Inputs whose change requires replacement. */
  replaceOn: readonly string[];
  /** Inputs whose specific change requires replacement, in addition to `replaceOn`. */
  replaces?(olds: Properties, news: Properties): readonly string[];
  /** Fills in the defaults of the official plugin's Check. */
  normalize?(inputs: Properties, context: { urn: string; olds: Properties }): Properties;
  /** Input errors by property, as the official plugin's Check reports them. */
  check?(inputs: Properties): { property: string; reason: string }[];
  create(inputs: Properties, context: Context): Promise<ResourceState>;
  /**
   * The current resource, or undefined if it is gone; `outputs` is empty on import. If absent, the type is not
   * refreshed.
   */
  read?(id: string, outputs: Properties): Promise<Properties | undefined>;
  update?(id: string, olds: Properties, news: Properties, context: Context): Promise<Properties>;
  delete(id: string, outputs: Properties, context: Context): Promise<void>;
}

export interface Plugin {
  name: string;
  /** Version of the official plugin that this one replaces. */
  version: string;
  configure?(config: Properties): Promise<void>;
  resources: Record<string, ResourceType>;
  functions: Record<string, PluginFunction>;
}

export interface PluginFunction {
  /** Supported arguments. */
  args: readonly string[];
  call(args: Properties): Promise<Properties>;
}

/** The resource was created only in part: the engine keeps it in its state. */
export class PartlyCreated extends Error {
  constructor(
    readonly state: ResourceState,
    message: string,
  ) {
    super(message);
  }
}

/** Why an operation was aborted, with the official plugins' messages (Go's context package). */
export function whyAborted(signal: AbortSignal): Error {
  const { reason } = signal as { reason?: { name?: string } };
  return new Error(reason?.name === "TimeoutError" ? "context deadline exceeded" : "context canceled");
}

/**
 * A property that the schema declares as string.
 * @throws if it is not
 */
export function text(properties: Properties, name: string): string {
  const value = properties[name];
  if (typeof value !== "string") throw new Error(`expected '${name}' to be text, found ${typeof value}`);
  return value;
}

export function optionalText(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
