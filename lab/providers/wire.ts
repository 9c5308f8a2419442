/** Converts properties between the engine's protocol and plain JSON. */
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Properties } from "./resource";

/** The engine's placeholder for an unknown value (sdk/go/common/resource/plugin/rpc.go, UnknownStringValue). */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Marks an object with a special type (sdk/go/common/resource/properties.go, SigKey). */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

const isObject = (value: unknown): value is Properties => typeof value === "object" && value !== null;

export function secret(value: unknown): Properties {
  return { [signatureKey]: secretSignature, value };
}

/** Unwraps secrets. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  if (value[signatureKey] === secretSignature) return plain(value["value"]);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

/** Omits values that the wire format does not have, as the official plugins do. */
export function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as Record<string, JavaScriptValue>);
}

export function fromStruct(struct: Struct | undefined): Properties {
  return plain(struct?.toJavaScript() ?? {}) as Properties;
}

/** Inputs without nulls and without the engine's metadata, such as `__defaults`. */
export function inputsFromStruct(struct: Struct | undefined): Properties {
  return Object.fromEntries(
    Object.entries(fromStruct(struct)).filter(
      ([name, value]) => !name.startsWith("__") && value !== null && value !== undefined,
    ),
  );
}
