/** The check of a node's SSH host key, in the forms that known_hosts and ssh-keyscan make of it. */
import { z } from "zod";

/** How to get a host key, for messages. */
export const howToScan = "get it with `ssh-keyscan -t ed25519 <node>` and compare it with the EC2 console's system log";

/** The type that the data of a key encodes; undefined for what is no base64, or of another type. */
function typeIn(data: string): string | undefined {
  const bytes = Buffer.from(data, "base64");
  if (bytes.length < 8 || bytes.toString("base64").replace(/=+$/, "") !== data.replace(/=+$/, "")) return undefined;
  const type = bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString("latin1");
  return /^(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521))$/.test(type) ? type : undefined;
}

/** A line of type, data and a comment. */
function isHostKey(key: string): boolean {
  const [type, data = ""] = key.split(/[ \t]+/);
  return !/[\r\n]/.test(key) && typeIn(data) === type;
}

/** RFC 4716, as `ssh-keygen -e` writes it: its body is the key's data. */
const ssh2 = /^---- BEGIN SSH2 PUBLIC KEY ----\n(?:[^\n:]+:[^\n]*\n)*([^:]+?)---- END /;

/** Lines of known_hosts and ssh-keyscan without comments, as the keys in them: `host`, also a hashed one, comes before the type. */
function keysIn(text: string): string[] {
  const bare = (ssh2.exec(text.replaceAll("\r", ""))?.[1] ?? text.replace(/^\s*["']|["']\s*$/g, "")).trim();
  // The data names its type, and may be broken into lines.
  for (const words of [bare.split(/\s+/), [bare.replace(/\s/g, "")]]) {
    const [type, data = ""] = words.length === 1 ? [typeIn(words[0] ?? ""), words[0]] : words;
    if (type !== undefined && words.length < 3 && typeIn(data) === type) return [`${type} ${data}`];
  }
  return bare
    .split(/\r?\n|\\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^[#@]/.test(line))
    .map((line) => line.split(/\s+/))
    .map(([first = "", ...rest]) => (isType(first) ? [first, ...rest] : rest).slice(0, 2).join(" "));
}

const isType = (word: string): boolean => /^(?:ssh-|ecdsa-sha2-|sk-)/.test(word);

/** The keys of the type that is taken first: the others of the same host say nothing more. */
function candidates(text: string): string[] {
  const keys = [...new Set(keysIn(text))].filter(isHostKey);
  const ed25519 = keys.filter((key) => key.startsWith("ssh-ed25519"));
  return ed25519.length > 0 ? ed25519 : keys;
}

/**
 * The one key in `text`, without the host before it and the comment after it, if that is what known_hosts or ssh-keyscan has written. Anything
 * else stays as it is, a key with a comment too: the states of stacks have it so.
 */
function canonicalHostKey(text: string): string {
  if (/^\S+ \S/.test(text) && isHostKey(text)) return text;
  const [key, another] = candidates(text);
  return key !== undefined && another === undefined ? key : text;
}

/** What was given instead, as far as it can be told; a private key is not shown. */
function found(input: unknown): string {
  if (typeof input !== "string" || input.trim() === "") return "nothing";
  if (/PRIVATE KEY|^PuTTY-User-Key-File/m.test(input)) return "a private key, which is not the node's to show";
  if (/^(?:SHA256|MD5):|^\d+ SHA256:/.test(input.trim())) return "a fingerprint, which no key can be made from";
  const several = candidates(input);
  if (several.length > 1) return `${several.length} different keys, of which the node shows one`;
  if (/^@(cert-authority|revoked)\s/m.test(input)) return `a line of known_hosts marked ${/@[\w-]+/.exec(input)?.[0]}`;
  const [kind = "", data] = (keysIn(input)[0] ?? "").split(" ");
  if (kind === "ssh-rsa") return "an ssh-rsa key, which SSH servers no longer offer";
  if (kind === "ssh-dss") return "an ssh-dss key, which SSH servers no longer offer";
  if (kind.includes("-cert-")) return `a certificate (${kind}), not the key itself`;
  if (isType(kind)) return data === undefined ? `'${kind}' without a key` : `'${kind} …' with an incomplete key`;
  return `'${input.trim().split(/\s+/)[0]} …'`;
}

const error = ({ input }: { input?: unknown }): string =>
  `expected the node's SSH host key as 'ssh-ed25519 AAAA…' or 'ecdsa-sha2-nistp… AAAA…', found ${found(input)}; ${howToScan}`;

/** An ed25519 or ECDSA public key; its declared type must be the type in its data. */
export const hostKey = z.string({ error }).overwrite(canonicalHostKey).refine(isHostKey, { error });
