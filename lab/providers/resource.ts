/** What a drop-in plugin says about one resource type; everything else is the server's. */

/** Properties as they cross the wire: plain JSON. The engine keeps secrets apart, so a plugin sees their values. */
export type Properties = Record<string, unknown>;

/** The engine's sign for a value that is not known yet (sdk/go/common/resource/plugin/rpc.go). */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export interface ResourceState {
  id: string;
  outputs: Properties;
}

export interface ResourceType {
  /** Fills in what the official plugin's Check fills in. */
  normalize?(inputs: Properties, context: { urn: string; olds: Properties }): Properties;
  /** Faults of the inputs by property, as the official plugin's Check reports them. */
  check?(inputs: Properties): { property: string; reason: string }[];
  /** Inputs whose change needs a new resource. */
  replaceOn: readonly string[];
  create(inputs: Properties, signal: AbortSignal): Promise<ResourceState>;
  /** The resource as it is now with the inputs that would describe it, or undefined where it is gone. Absent: not looked at. */
  read?(
    id: string,
    outputs: Properties,
    inputs: Properties,
  ): Promise<{ outputs: Properties; inputs: Properties } | undefined>;
  update?(id: string, olds: Properties, news: Properties, signal: AbortSignal): Promise<Properties>;
  delete(id: string, outputs: Properties, signal: AbortSignal): Promise<void>;
}

export interface Plugin {
  name: string;
  /** The version of the official plugin that this one stands in for. */
  version: string;
  configure?(config: Properties): Promise<void>;
  resources: Record<string, ResourceType>;
  functions: Record<string, (args: Properties) => Promise<Properties>>;
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

/** A property that the type's schema says is text. @throws where it is not */
export function text(properties: Properties, name: string): string {
  const value = properties[name];
  if (typeof value !== "string") throw new Error(`expected '${name}' to be text, found ${JSON.stringify(value)}`);
  return value;
}

export function optionalText(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
