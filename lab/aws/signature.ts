/** Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { HttpCall } from "./service";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Headers that must be signed if present. */
const mustBeSigned = /^(host|x-amz-.*)$/;

/**
 * Whether a request is signed with this secret and covers the headers that AWS requires. Supports only path `/` without
 * a query.
 */
export function isSignedWith(
  secretAccessKey: string,
  headers: IncomingHttpHeaders,
  { method, body }: HttpCall,
): boolean {
  const authorization = headers.authorization ?? "";
  const [, scope = "", names = "", signature] =
    /Credential=[^/]+\/([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=(\S+)/.exec(authorization) ?? [];
  const signed = names.split(";");
  if (Object.keys(headers).some((name) => mustBeSigned.test(name) && !signed.includes(name))) return false;
  const canonical = [
    ...[method, "/", ""],
    ...signed.map((name) => `${name}:${String(headers[name]).trim()}`),
    ...["", names, sha256(body)],
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", String(headers["x-amz-date"]), scope, sha256(canonical)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, text).toString("hex") === signature;
}
