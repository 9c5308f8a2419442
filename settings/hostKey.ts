/** The check of a node's SSH host key. */
import { z } from "zod";

/** How to get a host key, for messages. */
export const howToScan = "get it with `ssh-keyscan -t ed25519 <node>` and compare it with the EC2 console's system log";

/** The key type that an OpenSSH public key encodes in its data; undefined if `key` is not a public key. */
function keyTypeOf(key: string): string | undefined {
  const [name = "", data = ""] = key.trim().split(/\s+/);
  const bytes = Buffer.from(data, "base64");
  if (bytes.length < 8 || bytes.toString("base64").replace(/=+$/, "") !== data.replace(/=+$/, "")) return undefined;
  const inner = bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString("latin1");
  return inner === name ? inner : undefined;
}

function found(input: unknown): string {
  if (typeof input !== "string") return "nothing";
  const [kind] = input.trim().split(/\s+/);
  return kind === "ssh-rsa" ? "an ssh-rsa key, which SSH servers no longer offer" : `'${kind} …'`;
}

const error = ({ input }: { input?: unknown }): string =>
  `expected the node's SSH host key as 'ssh-ed25519 AAAA…' or 'ecdsa-sha2-nistp… AAAA…', found ${found(input)}; ${howToScan}`;

/** An ed25519 or ECDSA public key; its declared type must be the type in its data. */
export const hostKey = z
  .string({ error })
  .refine((value) => /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521))$/.test(keyTypeOf(value) ?? ""), { error });
