/** Downloads official releases, if this machine can reach them. */
import { createHash } from "node:crypto";

/** Downloads a URL; undefined on failure, within seconds on a machine without internet. */
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

/** @throws if the checksum differs from the release's list */
export function verifySha256(name: string, bytes: Buffer, listed: string): void {
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (!listed.includes(digest)) {
    throw new Error(`${name}: its SHA-256 ${digest} is not the one that the release lists. Try again; do not use it.`);
  }
}
