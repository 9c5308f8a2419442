/** Hosts of SSH connections as resolvers take them, and what people write around them. Pure. */
import { domainToASCII } from "node:url";
import * as ipaddr from "ipaddr.js";
import { isIpv4 } from "./ranges";

/** A host as resolvers take it, which need not be a full domain name, or an address. */
const hostPattern =
  /^(?=.{1,254}$)(?!(?:.*\.)?\d+\.?$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?)+(?<=[^.]|[^.]\.)$/i;
export const isHost = (value: string): boolean =>
  isIpv4(value) || ipaddr.IPv6.isValid(value) || hostPattern.test(value);

/** An IPv6 address without the brackets that it has in URLs, and an internationalized name as resolvers ask for it. */
export function canonicalHost(text: string): string {
  const host = text.trim();
  const bare = /^\[(.+)\]$/.exec(host)?.[1];
  if (bare !== undefined) return ipaddr.IPv6.isValid(bare) ? bare : text;
  if (/^[\x21-\x7e]*$/.test(host) || /[%\s]/.test(host)) return host;
  return domainToASCII(host) || host;
}

/** What `me@node:2222` and `ssh://me@node:2222/` come to. */
export interface HostParts {
  host: string;
  user?: string;
  port?: string;
}

/** Undefined for what holds no host. */
export function hostParts(text: string): HostParts | undefined {
  const [, user, named = "", port] =
    /^(?:[a-z]+:\/\/)?(?:([^@:/]+)(?::[^@/]*)?@)?(\[[^\]]+\]|[^[\]@:/]+)(?::(\d{1,5}))?(?:\/.*)?$/i.exec(text.trim()) ??
    [];
  const host = canonicalHost(named);
  return isHost(host) ? { host, ...(user ? { user } : {}), ...(port ? { port } : {}) } : undefined;
}
