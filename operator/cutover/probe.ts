/** Whether an address serves a name: TLS with that name, and a certificate that clients accept for it. */
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type PeerCertificate } from "node:tls";
import { askable } from "../../hostfiles/healthName";

export interface ProbeOptions {
  /** Default 443. */
  port?: number;
  /** PEM of the certificate authorities to trust instead of the well-known ones. */
  ca?: string;
}

/** Nobody is there yet, or not any more; somebody with the wrong certificate is somebody. */
export class NoAnswer extends Error {}

/** Milliseconds for connection and handshake. */
const patience = 10_000;

const shown = (certificate: PeerCertificate | Record<string, never>): string =>
  "subject" in certificate
    ? `one for ${certificate.subjectaltname ?? certificate.subject.CN} by ${certificate.issuer.O ?? certificate.issuer.CN}`
    : "none";

/**
 * @param name with or without trailing dot; of a wildcard, a name below it is asked for
 * @throws naming what answered instead
 */
export function probe(name: string, address: string, { port = 443, ca }: ProbeOptions = {}): Promise<void> {
  const servername = askable(name.replace(/\.$/, ""));
  const expected = `${servername} at ${address}:${port}: expected a certificate that is valid for this name, found`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, servername, rejectUnauthorized: false, ...(ca ? { ca } : {}) });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(patience, () => {
      fail(new NoAnswer(`${expected} no answer within ${patience / 1000} s`));
    });
    socket.on("error", (error) => {
      fail(new NoAnswer(`${expected} no TLS: ${error.message}`));
    });
    socket.on("secureConnect", () => {
      if (!socket.authorized) {
        const reason = socket.authorizationError.message || String(socket.authorizationError);
        fail(new Error(`${expected} ${shown(socket.getPeerCertificate())} (${reason})`));
        return;
      }
      socket.destroy();
      resolve();
    });
  });
}

export interface Waiting {
  /** How long to ask again. */
  seconds: number;
  /** Milliseconds between two tries. */
  pause?: number;
  /** What there was instead of an answer, before the next try. */
  onFailure(message: string, secondsLeft: number): void;
}

/**
 * Asks again while nobody answers.
 * @throws naming what answered instead, or that nobody did
 */
export async function probeUntil(
  name: string,
  address: string,
  options: ProbeOptions,
  { seconds, pause = 5000, onFailure }: Waiting,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      await probe(name, address, options);
      return;
    } catch (error) {
      const left = deadline - Date.now();
      if (!(error instanceof NoAnswer) || left <= 0) throw error;
      onFailure(error.message, Math.ceil(left / 1000));
      await sleep(Math.min(pause, left));
    }
  }
}
