/** Questions that a browser's other protocols ask, from the internet. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inInternet } from "../../operator";
import { repositoryRoot, typescript } from "../../paths";
import { run } from "../../process";

export interface Question {
  /** `handshake` ends after TLS. */
  kind: "handshake" | "http2" | "webSocket";
  address: string;
  port: number;
  /** Name for SNI, certificate verification and the Host header. */
  host: string;
  path: string;
  /** PEM file of the authority to verify the certificate with. */
  authority: string;
}

export interface Seen {
  /** As ALPN chose it. */
  protocol: string;
  /** HTTP status; 0 without a response. */
  status: number;
  /** The response's body, or the message that came back on a WebSocket. */
  body: string;
  certificateNames: string[];
  serial: string;
  trusted: boolean;
  error?: string;
}

export async function ask({ authority, ...question }: Question): Promise<Seen> {
  const program = join(repositoryRoot, "lab/campaigns/ingress/clientProcess.ts");
  const [command = "", ...args] = inInternet([process.execPath, ...typescript, program]);
  const input = JSON.stringify({ ...question, ca: await readFile(authority, "utf8") });
  return JSON.parse(await run(command, args, { cwd: repositoryRoot, input })) as Seen;
}

export const describe = ({ error, protocol, status, body, certificateNames, trusted }: Seen): string =>
  [
    error,
    protocol,
    status || "",
    certificateNames.length > 0 ? `certificate ${certificateNames[0] ?? ""}${trusted ? "" : " (not trusted)"}` : "",
    body.trim(),
  ]
    .filter(Boolean)
    .join(", ");
