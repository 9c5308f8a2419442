/** The API as a client sees it: whether it answers at its public address, and whose certificate it shows. */
import type { PeerCertificate } from "node:tls";

export interface ApiPlace {
  /** Public address of the API; `""` if the node has none. */
  apiPublicIp: string;
  clusterName: string;
}

export interface Sight {
  /** Whose certificate it is, `""` if none was seen. It stays when the certificate is renewed, which kOps does at every boot. */
  certificate: string;
  /** Why none was seen. */
  problem: string;
}

const tryPatience = 3_000;
const pause = 500;

const named = (parts: PeerCertificate["subject"] | undefined): string =>
  Object.entries(parts ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(", ");

/** kOps answers 401 to anonymous requests, so that a status would prove nothing. */
function handshake(host: string, port: number, clusterName: string): Promise<Sight> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- in the provider's process
  const { connect } = require("node:tls") as typeof import("node:tls");
  return new Promise((resolve) => {
    const socket = connect({ host, port, servername: `api.${clusterName}`, rejectUnauthorized: false });
    const done = (certificate: string, problem: string): void => {
      socket.destroy();
      resolve({ certificate, problem });
    };
    socket.setTimeout(tryPatience, () => done("", `no answer within ${tryPatience / 1000} s`));
    socket.on("error", (error) => done("", error.message));
    socket.on("close", () => done("", "the connection was closed"));
    socket.on("secureConnect", () => {
      const { subject, issuer, subjectaltname = "" } = socket.getPeerCertificate();
      const isApi = subjectaltname.split(", ").includes(`DNS:api.internal.${clusterName}`);
      done(`${named(subject)} of ${named(issuer)}${isApi ? `, for api.internal.${clusterName}` : ""}`, "");
    });
  });
}

/**
 * Looks until the API shows the expected certificate, or any if none is expected.
 * @param patience milliseconds after which what was seen last counts
 */
export async function seeApi(
  { apiPublicIp, clusterName }: ApiPlace,
  { expected = "", patience, port = 443 }: { expected?: string; patience: number; port?: number },
): Promise<Sight> {
  if (apiPublicIp === "") return { certificate: "", problem: "the node has no public address" };
  const start = Date.now();
  for (;;) {
    const sight = await handshake(apiPublicIp, port, clusterName);
    const isExpected = expected === "" ? sight.certificate !== "" : sight.certificate === expected;
    if (isExpected || Date.now() - start >= patience) return sight;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
