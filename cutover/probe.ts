/** Whether an address serves a name: TLS with that name, and a certificate that clients accept for it. */
import { connect, type PeerCertificate } from "node:tls";

export interface ProbeOptions {
  /** Default 443. */
  port?: number;
  /** PEM of the certificate authorities to trust instead of the well-known ones. */
  ca?: string;
}

/** Milliseconds for connection and handshake. */
const patience = 10_000;

const shown = (certificate: PeerCertificate | Record<string, never>): string =>
  "subject" in certificate
    ? `one for ${certificate.subjectaltname ?? certificate.subject.CN} by ${certificate.issuer.O ?? certificate.issuer.CN}`
    : "none";

/**
 * @param name with or without trailing dot
 * @throws naming what answered instead
 */
export function probe(name: string, address: string, { port = 443, ca }: ProbeOptions = {}): Promise<void> {
  const servername = name.replace(/\.$/, "");
  const expected = `${servername} at ${address}:${port}: expected a certificate that is valid for this name, found`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, servername, rejectUnauthorized: false, ...(ca ? { ca } : {}) });
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new Error(`${expected} ${reason}`));
    };
    socket.setTimeout(patience, () => {
      fail(`no answer within ${patience / 1000} s`);
    });
    socket.on("error", (error) => {
      fail(`no TLS: ${error.message}`);
    });
    socket.on("secureConnect", () => {
      if (!socket.authorized) {
        fail(
          `${shown(socket.getPeerCertificate())} (${socket.authorizationError.message || String(socket.authorizationError)})`,
        );
        return;
      }
      socket.destroy();
      resolve();
    });
  });
}
