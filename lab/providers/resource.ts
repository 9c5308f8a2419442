/** What a drop-in plugin says about one resource type; everything else is the server's. */

/** Properties as they cross the wire: plain JSON. The engine keeps secrets apart, so a plugin sees their values. */
export type Properties = Record<string, unknown>;

export interface ResourceState {
  id: string;
  outputs: Properties;
}

/** What an operation may use besides its properties. */
export interface Context {
  /** Aborts when the engine cancels, or when the operation's custom timeout has passed. */
  signal: AbortSignal;
  /** Tells the person at the engine; `passing` lines are shown while the operation runs and not kept. */
  log(severity: "info" | "warning" | "error", message: string, passing?: boolean): void;
}

export interface ResourceType {
  /** Every input that is served; the server refuses others, so that none is left out in silence. */
  inputs: readonly string[];
  /** Inputs that are never read back. */
  writeOnly?: readonly string[];
  /** Outputs that are known once the resource exists; an input among them is one that AWS fills in when it is not given. */
  computed: readonly string[];
  /** Outputs that an update may change beside those named like inputs. */
  recomputed?: readonly string[];
  /** Outputs that are secret whatever the inputs are. */
  secret?: readonly string[];
  /** Inputs whose change needs a new resource. */
  replaceOn: readonly string[];
  /** Inputs whose change from these to those needs a new resource, beside `replaceOn`. */
  replaces?(olds: Properties, news: Properties): readonly string[];
  /** Fills in what the official plugin's Check fills in. */
  normalize?(inputs: Properties, context: { urn: string; olds: Properties }): Properties;
  /** Faults of the inputs by property, as the official plugin's Check reports them. */
  check?(inputs: Properties): { property: string; reason: string }[];
  create(inputs: Properties, context: Context): Promise<ResourceState>;
  /** The resource as it is now, or undefined where it is gone; `outputs` is empty on import. Absent: not looked at. */
  read?(id: string, outputs: Properties): Promise<Properties | undefined>;
  update?(id: string, olds: Properties, news: Properties, context: Context): Promise<Properties>;
  delete(id: string, outputs: Properties, context: Context): Promise<void>;
}

export interface Plugin {
  name: string;
  /** The version of the official plugin that this one stands in for. */
  version: string;
  configure?(config: Properties): Promise<void>;
  resources: Record<string, ResourceType>;
  functions: Record<string, PluginFunction>;
}

export interface PluginFunction {
  /** Every argument that is served. */
  args: readonly string[];
  call(args: Properties): Promise<Properties>;
}

/** The resource was made, but not all of it: the engine keeps it in its state. */
export class PartlyCreated extends Error {
  constructor(
    readonly state: ResourceState,
    message: string,
  ) {
    super(message);
  }
}

/** Why an operation ended early, in the words of the official plugins (Go's context package). */
export function whyAborted(signal: AbortSignal): Error {
  const { reason } = signal as { reason?: { name?: string } };
  return new Error(reason?.name === "TimeoutError" ? "context deadline exceeded" : "context canceled");
}

/** A property that the type's schema says is text. @throws where it is not */
export function text(properties: Properties, name: string): string {
  const value = properties[name];
  if (typeof value !== "string") throw new Error(`expected '${name}' to be text, found ${typeof value}`);
  return value;
}

export function optionalText(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
