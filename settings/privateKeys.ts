/** SSH private keys in the forms that editors and secret managers make of them. Pure; no message may show a key. */

const pem = /^-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----\s+([\s\S]+?)\s*-----END \1-----$/;
/** In a key as ssh-keygen writes it, which stays as it is: the states of stacks have it so. */
const asWritten = /^-----BEGIN [A-Z ]*PRIVATE KEY-----\n[^\r]+\n-----END [A-Z ]*PRIVATE KEY-----\s*$/;

const lines = (text: string, length: number): string => text.replace(new RegExp(`.{${length}}(?=.)`, "g"), "$&\n");

/**
 * The key with line ends as ssh-keygen writes them, if `text` is one with carriage returns, with `\n` as two characters, with spaces for
 * line ends, in quotes, or in base64 as a whole. Anything else stays as it is.
 */
export function canonicalKey(text: string): string {
  if (asWritten.test(text)) return text;
  const bare = text.replace(/^[\s\ufeff]*["']?\s*|\s*["']?\s*$/g, "");
  const decoded = /^LS0tLS1CRUdJTi[A-Za-z0-9+/=\s]+$/.test(bare) ? Buffer.from(bare, "base64").toString() : bare;
  const [, kind, body = ""] =
    pem.exec(
      decoded
        .replace(/(?:\\r)?\\n/g, "\n")
        .replace(/\r\n?/g, "\n")
        .trim(),
    ) ?? [];
  if (kind === undefined) return text;
  // Headers, of an encrypted key for one, end with an empty line.
  const inside = body.includes(":") ? body : lines(body.replace(/\s/g, ""), kind.startsWith("OPENSSH") ? 70 : 64);
  return `-----BEGIN ${kind}-----\n${inside}\n-----END ${kind}-----\n`;
}

/** openssh/PROTOCOL.key: the name of the cipher follows the magic. */
const magic = Buffer.from("openssh-key-v1\0");

/** @param key in canonical form */
export function hasPassphrase(key: string): boolean {
  const [, kind = "", body = ""] = pem.exec(key.trim()) ?? [];
  if (kind === "ENCRYPTED PRIVATE KEY" || /^Proc-Type: *4,ENCRYPTED/m.test(body)) return true;
  const bytes = Buffer.from(body, "base64");
  if (kind !== "OPENSSH PRIVATE KEY" || !bytes.subarray(0, magic.length).equals(magic)) return false;
  const cipher = bytes.subarray(
    magic.length + 4,
    magic.length + 4 + (bytes.length > magic.length + 4 ? bytes.readUInt32BE(magic.length) : 0),
  );
  return cipher.toString("latin1") !== "none";
}

/** @param key in canonical form */
export const isPrivateKey = (key: string): boolean => asWritten.test(key);
