/** XML responses. */
import { XMLBuilder } from "fast-xml-parser";
import type { Answer, AnswerValue } from "./action";

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@", suppressEmptyNode: true });

/** Omits absent values and renders an empty structure as an empty element. */
function present(value: AnswerValue): unknown {
  if (Array.isArray(value)) return value.map(present);
  if (typeof value !== "object") return String(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return members.length === 0 ? "" : Object.fromEntries(members.map(([name, member]) => [name, present(member)]));
}

/** A document with one namespaced root element; an array repeats its element. */
export function xmlDocument(root: string, namespace: string | undefined, content: Answer): string {
  const attributes = namespace === undefined ? {} : { "@xmlns": namespace };
  const body = present(content);
  const children = typeof body === "object" && body !== null ? body : {};
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: { ...attributes, ...children } })}`;
}

/** Arrays in EC2's Query protocol: `<set><item>…</item></set>`. */
export function withItems(value: AnswerValue): AnswerValue {
  if (Array.isArray(value)) return value.length === 0 ? "" : { item: value.map(withItems) };
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withItems(member)]));
}
