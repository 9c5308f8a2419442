/** Names as Pulumi gives them where the program does not. */
import { randomBytes } from "node:crypto";

/** `<logical name>-<7 hex digits>`. */
export function autoName(urn: string): string {
  return `${urn.split("::").pop() ?? ""}-${randomBytes(4).toString("hex").slice(0, 7)}`;
}
