/** Official releases, where this machine can reach them. */
import { createHash } from "node:crypto";

/** Bytes of a URL, or undefined where it cannot be had; on a machine without internet the answer takes seconds at most. */
export async function download(url: string): Promise<Buffer | undefined> {
  try {
    const probe = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(5_000) });
    if (!probe.ok) return undefined;
    const answer = await fetch(url);
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws when the bytes are not those that the release lists */
export function verifySha256(name: string, bytes: Buffer, listed: string): void {
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (!listed.includes(digest)) {
    throw new Error(`${name}: its SHA-256 ${digest} is not the one that the release lists. Try again; do not use it.`);
  }
}
