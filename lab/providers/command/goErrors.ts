/** Formats dial errors as Go does, because users and scripts match the official plugin's messages. */
import type { Host } from "./connection";

/** Messages of Go's net package, by errno. */
const systemErrors: Record<string, string> = {
  ECONNREFUSED: "connect: connection refused",
  ECONNRESET: "read: connection reset by peer",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "connect: connection timed out",
};

/** Details of a failed dial that the library's error lacks. */
export interface DialFacts {
  /** The server presented a key other than the expected one. */
  hostKeyMismatch: boolean;
  /** Host key algorithms: the requested one, and those of the server. */
  offered?: string;
  peerOffered: string[];
  /** Authentication methods that were tried. */
  methods: string[];
}

export function goDialError(error: Error, { host, port }: Host, facts: DialFacts): Error {
  const { code, level } = error as Error & { code?: string; level?: string };
  const dial = `dial tcp ${host}:${port}`;
  const handshake = (message: string): Error => new Error(`ssh: handshake failed: ${message}`, { cause: error });
  if (facts.hostKeyMismatch) return handshake("ssh: host key mismatch");
  if (/no matching host key format/i.test(error.message)) {
    return handshake(
      `ssh: no common algorithm for host key; we offered: [${facts.offered ?? ""}], peer offered: [${facts.peerOffered.join(" ")}]`,
    );
  }
  if (level === "client-authentication") {
    return handshake(
      `ssh: unable to authenticate, attempted methods [none ${facts.methods.join(" ")}], no supported methods remain`,
    );
  }
  if (level === "client-timeout") return new Error(`${dial}: i/o timeout`, { cause: error });
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new Error(`dial tcp: lookup ${host}: no such host`, { cause: error });
  }
  const words = code && systemErrors[code];
  return words ? new Error(`${dial}: ${words}`, { cause: error }) : handshake(error.message);
}
