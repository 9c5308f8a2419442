/** Identifiers in AWS's format: a prefix and 17 hexadecimal digits, the first of them 0. */
import { randomBytes } from "node:crypto";

export function newId(
  prefix: "eipalloc" | "eipassoc" | "eni" | "eni-attach" | "sg" | "sgr" | "subnet" | "vpc",
): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

/** ID of a Route 53 change: `C`, then upper-case letters and digits. */
export function newChangeId(): string {
  return `C${randomBytes(10).toString("hex").toUpperCase()}`;
}
