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

/** What is looked for, and for how long. */
export interface Look {
  /** Certificates of which one is looked for; without any, one for `api.internal.<cluster>`. */
  expected?: readonly string[];
  /** Milliseconds after which what was seen last counts. */
  patience: number;
  /** Default 443. */
  port?: number | undefined;
}

const tryPatience = 3_000;
const pause = 500;

const named = (parts: PeerCertificate["subject"] | undefined): string =>
  Object.entries(parts ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(", ");

/** Ends what the API's own certificate is called. */
const suffix = (clusterName: string): string => `, for api.internal.${clusterName}`;

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
      done(`${named(subject)} of ${named(issuer)}${isApi ? suffix(clusterName) : ""}`, "");
    });
  });
}

/** Looks until the API shows an expected certificate. */
export async function seeApi({ apiPublicIp, clusterName }: ApiPlace, look: Look): Promise<Sight> {
  if (apiPublicIp === "") return { certificate: "", problem: "the node has no public address" };
  const { expected = [], patience, port = 443 } = look;
  const isExpected = ({ certificate }: Sight): boolean =>
    expected.length > 0 ? expected.includes(certificate) : certificate.endsWith(suffix(clusterName));
  const start = Date.now();
  for (;;) {
    const sight = await handshake(apiPublicIp, port, clusterName);
    if (isExpected(sight) || Date.now() - start >= patience) return sight;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
