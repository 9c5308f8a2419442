/** What a client gets who stands where the doctor runs. */
import { get } from "node:http";
import { connect } from "node:tls";
import { askable } from "../../../hostfiles/healthName";
import type { StackOutputs } from "../../../outputs/stackOutputs";

/** A TLS handshake: the certificate that was shown, or why there was none. */
export interface TlsAnswer {
  error: string;
  /** Subject alternative names without their kind; empty where there was no certificate. */
  names: string[];
  /** Somebody is there, and refused the handshake by a TLS alert: usual for a name that an ingress controller does not know, or for none. */
  refused: boolean;
  /** Empty where the certificate is trusted and for the name that was asked for. */
  distrust: string;
  /** Until the certificate ends; 0 without one. */
  daysLeft: number;
}

export interface Asked {
  /** `""` where there is none to ask for. */
  name: string;
  address: string;
  answer: TlsAnswer;
}

export interface ReachFacts {
  /** Each of the applications' names, on each address that its records lead to. */
  ingress: Asked[];
  /** By address: status of an HTTP request, 0 without an answer; then why. */
  http: { address: string; status: number; error: string }[];
  /** The API on its public address; undefined where it has none. */
  api: TlsAnswer | undefined;
  /** The API through kOps' load balancer, on each public address of it. */
  throughBalancer: TlsAnswer[];
}

/** Milliseconds. */
const patience = 4_000;
const day = 86_400_000;

export function askTls(address: string, port: number, name: string, ca?: string): Promise<TlsAnswer> {
  const answer: TlsAnswer = { error: "", refused: false, names: [], distrust: "", daysLeft: 0 };
  return new Promise((resolve) => {
    const socket = connect({
      host: address,
      port,
      rejectUnauthorized: false,
      ...(name ? { servername: name } : {}),
      ...(ca ? { ca } : {}),
    });
    const end = (error = ""): void => {
      socket.destroy();
      resolve({ ...answer, error });
    };
    socket.setTimeout(patience, () => {
      end(`no answer within ${patience / 1000} s`);
    });
    socket.on("error", (error) => {
      answer.refused = error.message.includes("SSL alert number");
      end(answer.refused ? `a TLS alert (${"reason" in error ? String(error.reason) : error.message})` : error.message);
    });
    socket.on("secureConnect", () => {
      const certificate = socket.getPeerCertificate();
      answer.names = (certificate.subjectaltname ?? "").split(", ").flatMap((each) => each.split(":")[1] ?? []);
      answer.daysLeft = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / day);
      const { authorizationError } = socket;
      if (!socket.authorized) answer.distrust = authorizationError.message || String(authorizationError);
      end();
    });
  });
}

function askHttp(address: string, port: number, host: string): Promise<{ status: number; error: string }> {
  return new Promise((resolve) => {
    const request = get({ host: address, port, headers: { host }, timeout: patience, agent: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, error: "" });
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${patience / 1000} s`)));
    request.on("error", (error) => {
      resolve({ status: 0, error: error.message });
    });
  });
}

/** @param ca PEM of the authorities that signed the applications' certificates */
export async function askFromHere(
  outputs: StackOutputs,
  domains: readonly string[],
  ca?: string,
): Promise<Omit<ReachFacts, "throughBalancer">> {
  const { ingressPublicIp, ingressPort, ingressHttpPort, apiPublicIp } = outputs;
  const asked = domains.length > 0 ? domains : [""];
  const addressesOf = (name: string): readonly string[] =>
    outputs.dns.records.find((record) => record.name === `${name}.`)?.values ?? [ingressPublicIp];
  const ways = asked.flatMap((name) => addressesOf(name).map((address) => ({ name: askable(name), address })));
  // By the first name that leads to it.
  const byAddress = [...new Map(ways.toReversed().map((way) => [way.address, way])).values()].toReversed();
  const [ingress, http, api] = await Promise.all([
    Promise.all(ways.map(async (way) => ({ ...way, answer: await askTls(way.address, ingressPort, way.name, ca) }))),
    Promise.all(
      byAddress.map(async ({ name, address }) => ({
        address,
        ...(await askHttp(address, ingressHttpPort, name || address)),
      })),
    ),
    apiPublicIp === "" ? undefined : askTls(apiPublicIp, 443, ""),
  ]);
  return { ingress, http, api };
}
