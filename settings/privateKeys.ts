/** SSH private keys in the forms that editors and secret managers make of them. Pure; no message may show a key. */
import { createPrivateKey, type KeyObject } from "node:crypto";

const pem = /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----\s+([\s\S]+?)\s*-----END \1-----/;
/** In a key as ssh-keygen writes it, which stays as it is: the states of stacks have it so. */
const asWritten = /^-----BEGIN [A-Z ]*PRIVATE KEY-----\n[^\r]+\n-----END [A-Z ]*PRIVATE KEY-----\s*$/;

const lines = (text: string, length: number): string => text.replace(new RegExp(`.{${length}}(?=.)`, "g"), "$&\n");

/**
 * The key with line ends as ssh-keygen writes them, if `text` is one with carriage returns, with `\n` as two characters, with spaces for
 * line ends, in UTF-16, or in base64 as a whole. Quotes, JSON, the curve and the certificate that others write around it go. Anything else stays
 * as it is.
 */
export function canonicalKey(text: string): string {
  if (asWritten.test(text)) return text;
  const bare = text.replace(/[\0\ufeff\ufffd]/g, "").replace(/^\s*["']?\s*|\s*["']?\s*$/g, "");
  const decoded = /^LS0tLS1CRUdJTi[A-Za-z0-9+/=\s]+$/.test(bare) ? Buffer.from(bare, "base64").toString() : bare;
  const plain = decoded.replace(/(?:\\+r)?\\+n/g, "\n").replace(/\r\n?/g, "\n");
  const [, kind, body = ""] = pem.exec(plain) ?? [];
  if (kind === undefined || plain.split(`BEGIN ${kind}`).length > 2) return text;
  // Headers, of an encrypted key for one, end with an empty line.
  const inside = body.includes(":") ? body : lines(body.replace(/\s/g, ""), kind.startsWith("OPENSSH") ? 70 : 64);
  return `-----BEGIN ${kind}-----\n${inside}\n-----END ${kind}-----\n`;
}

/** openssh/PROTOCOL.key: the name of the cipher follows the magic. */
const magic = Buffer.from("openssh-key-v1\0");

/** What OpenSSH's form says before the private part; undefined if it is cut short. */
function headerOf(bytes: Buffer): { cipher: string; type: string } | undefined {
  let at = magic.length;
  const next = (): Buffer => {
    const start = at + 4;
    at = start + bytes.readUInt32BE(at);
    if (at > bytes.length) throw new RangeError("cut short");
    return bytes.subarray(start, at);
  };
  if (!bytes.subarray(0, at).equals(magic)) return undefined;
  try {
    const cipher = next().toString("latin1");
    next();
    next();
    at += 4;
    const key = next();
    next();
    return { cipher, type: key.subarray(4, 4 + key.readUInt32BE(0)).toString("latin1") };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Types that sshd takes and the `command` plugin signs with, as OpenSSH and Node.js name them. */
const usable = /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|ed25519|rsa|prime256v1|secp384r1|secp521r1)$/;

/** What stands there instead of a key in PEM form. */
export function whatItIs(text: string): string {
  if (/^PuTTY-User-Key-File-\d/.test(text.trim()))
    return "PuTTY's form: convert it first (puttygen id.ppk -O private-openssh -o ~/.ssh/id_ed25519, or in PuTTYgen Conversions, Export OpenSSH key)";
  if (/^---- BEGIN SSH2 /.test(text.trim()))
    return "the form of SSH2: convert it first (ssh-keygen -i -f id.ssh2 > ~/.ssh/id_ed25519)";
  if (/^(?:ssh|ecdsa|sk)-\S+ AAAA|BEGIN (?:[A-Z0-9]+ )?PUBLIC KEY/.test(text.trim()))
    return "a public key: the private one is in the file without .pub";
  if (text.trim() === "") return "nothing";
  return "something else (it is secret and not shown)";
}

interface KeyFault {
  problem: string;
  /** No other form of this key will do. */
  remove: boolean;
}

const expected = "expected a private key in PEM form, found";
const toTheAgent = "leave it out, and give it to the SSH agent with ssh-add";

function faultOfType(type: string): KeyFault | undefined {
  if (usable.test(type)) return undefined;
  if (/^(?:ssh-dss|dsa)$/.test(type))
    return {
      problem: `expected an ed25519, ECDSA or RSA key, found a DSA key, which sshd no longer takes`,
      remove: false,
    };
  if (type.startsWith("sk-"))
    return {
      problem: `expected a key that signs by itself, found the handle of a security key (${type}): ${toTheAgent}`,
      remove: true,
    };
  return { problem: `expected an ed25519, ECDSA or RSA key, found one of type '${type}'`, remove: false };
}

/** By Node.js, for what OpenSSL reads. */
function parse(key: string): KeyObject | undefined {
  try {
    return createPrivateKey(key);
  } catch {
    return undefined;
  }
}

/** As OpenSSH has it: its length, then the bytes. */
function counted(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** openssh/PROTOCOL.key, without a passphrase. */
function openSshEd25519(x: Buffer, d: Buffer): string {
  const [none, type] = [counted("none"), counted("ssh-ed25519")];
  const secret = Buffer.concat([Buffer.alloc(8), type, counted(x), counted(Buffer.concat([d, x])), counted("")]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, (8 - (secret.length % 8)) % 8);
  const body = Buffer.concat([
    ...[magic, none, none, counted(""), Buffer.from([0, 0, 0, 1])],
    ...[counted(Buffer.concat([type, counted(x)])), counted(Buffer.concat([secret, padding]))],
  ]).toString("base64");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines(body, 70)}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** A key in PKCS #8, as OpenSSL and some secret managers write it, in a form that ssh2 reads; any other as it is. */
export function keyForSsh2(key: string): string {
  const parsed = key.startsWith("-----BEGIN PRIVATE KEY-----") ? parse(key) : undefined;
  if (parsed === undefined) return key;
  const { x = "", d = "" } = parsed.export({ format: "jwk" });
  if (parsed.asymmetricKeyType === "ed25519")
    return openSshEd25519(Buffer.from(x, "base64url"), Buffer.from(d, "base64url"));
  return parsed.export({ format: "pem", type: parsed.asymmetricKeyType === "rsa" ? "pkcs1" : "sec1" }).toString();
}

function typeOf(key: string): string | undefined {
  const parsed = parse(key);
  if (parsed === undefined) return undefined;
  const { asymmetricKeyType: type = "", asymmetricKeyDetails } = parsed;
  return type === "ec" ? (asymmetricKeyDetails?.namedCurve ?? type) : type;
}

/**
 * What keeps a key from logging in. No message shows it.
 * @param key in canonical form
 */
export function privateKeyFault(key: string): KeyFault | undefined {
  if (!asWritten.test(key)) return { problem: `${expected} ${whatItIs(key)}`, remove: false };
  const [, kind = "", body = ""] = pem.exec(key.trim()) ?? [];
  const own = kind === "OPENSSH PRIVATE KEY" ? headerOf(Buffer.from(body, "base64")) : undefined;
  const locked =
    kind === "ENCRYPTED PRIVATE KEY" ||
    /^Proc-Type: *4,ENCRYPTED/m.test(body) ||
    (own !== undefined && own.cipher !== "none");
  if (locked)
    return { problem: `expected a key without a passphrase, found one with a passphrase: ${toTheAgent}`, remove: true };
  const type = kind === "OPENSSH PRIVATE KEY" ? own?.type : typeOf(key);
  return type === undefined
    ? { problem: `${expected} one that cannot be read: is a part of it missing?`, remove: false }
    : faultOfType(type);
}
