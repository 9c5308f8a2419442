/** Pulumi's auto-naming, for resources that the program does not name. */
import { randomBytes } from "node:crypto";

/** `<logical name>-<7 hex digits>`. */
export function autoName(urn: string): string {
  return `${urn.split("::").pop() ?? ""}-${randomBytes(4).toString("hex").slice(0, 7)}`;
}
