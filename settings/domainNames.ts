/** Names of applications in the one form that DNS, certificates and clients compare: lower case, A-labels, no trailing dot. Pure. */
import { domainToASCII } from "node:url";

/** Underscores are not for hosts, and DNS and clients take them. The last label of a name is no number: that is an address. */
const label = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const pattern = new RegExp(`^(?=.{1,253}$)(?:\\*\\.)?(?:${label}\\.)+(?!\\d+$)${label}$`);

/** True for a canonical name. It may be a wildcard, whose first label is `*` (RFC 4592). */
export const isDomain = (name: string): boolean => pattern.test(name);

/** The canonical form of `text`, which may be an internationalized name; `text` itself if it is no name. */
export function canonicalDomain(text: string): string {
  const name = text.trim();
  // Only of other letters: it would make an address of `1.2.3` (https://url.spec.whatwg.org/#concept-host-parser).
  const ascii = /^[\x21-\x7e]*$/.test(name) ? name : /[%\s]/.test(name) ? "" : domainToASCII(name);
  const canonical = ascii.toLowerCase().replace(/\.$/, "");
  return isDomain(canonical) ? canonical : text;
}
