/** Checks by request: who responds, with which certificate. */
import { labCluster, labDomain } from "../cloud/labAccount";
import { keyPair } from "../node/certificates";
import type { Outputs } from "./outputs";
import { type Answer, describeAnswer, probe, type Request } from "./probe";
import type { Row } from "./row";

interface Expectation {
  id: string;
  name: string;
  request: Request;
  expected: string;
  holds(answer: Answer): boolean;
}

/** The ingress must respond: with its own body, and over TLS with the application's certificate. */
function application(id: string, name: string, scheme: "https" | "http", address: string, port: number): Expectation {
  return {
    id,
    name,
    request: {
      from: "internet",
      address,
      port,
      host: labDomain,
      ...(scheme === "https" ? { authority: keyPair("web-authority").certificate } : {}),
    },
    expected: `200 by the ingress${scheme === "https" ? ` with the certificate of ${labDomain}` : ""}`,
    holds: (answer) =>
      answer.status === 200 &&
      answer.body.startsWith(`ingress ${scheme} ${labDomain}`) &&
      (scheme === "http" || answer.trusted),
  };
}

/** The API server must respond: kOps rejects anonymous requests with 401, so the certificate is the proof. */
function api(id: string, name: string, from: "internet" | "node", address: string, host: string): Expectation {
  return {
    id,
    name,
    request: { from, address, port: 443, host, authority: keyPair("cluster-authority").certificate },
    expected: `401 by the API server with its certificate for ${host}`,
    holds: (answer) => answer.status === 401 && answer.trusted,
  };
}

async function judge(expectations: readonly Expectation[]): Promise<Row[]> {
  const answers = await probe(expectations.map(({ request }) => request));
  return expectations.map(({ id, name, expected, holds }, index) => {
    const answer = answers[index];
    return {
      id,
      name,
      ok: answer !== undefined && holds(answer),
      expected,
      observed: answer ? describeAnswer(answer) : "no answer",
      ms: answer?.milliseconds ?? 0,
    };
  });
}

/** What dev promises: the ingress on the node's own address and its NodePorts. */
export function devUrls(outputs: Outputs): Promise<Row[]> {
  const { apiPublicIp, ingressPort, ingressHttpPort } = outputs;
  return judge([
    application("dev-https", `dev: https://<node>:${ingressPort}`, "https", apiPublicIp, ingressPort),
    application("dev-http", `dev: http://<node>:${ingressHttpPort}`, "http", apiPublicIp, ingressHttpPort),
  ]);
}

/** What prod promises: both 443s, from outside and from the node. */
export function prodUrls(outputs: Outputs): Promise<Row[]> {
  const { apiPublicIp, ingressPublicIp, ingressPort, ingressHttpPort, primaryPrivateIp } = outputs;
  const apiName = `api.${labCluster}`;
  const internalName = `api.internal.${labCluster}`;
  return judge([
    application(
      "app-https",
      `prod: https://${labDomain} through the ingress EIP`,
      "https",
      ingressPublicIp,
      ingressPort,
    ),
    application(
      "app-http",
      `prod: http://${labDomain} through the ingress EIP`,
      "http",
      ingressPublicIp,
      ingressHttpPort,
    ),
    api("api-public", `API: https://${apiName} on the primary public address`, "internet", apiPublicIp, apiName),
    api("api-public-internal-name", `API: the same by ${internalName}`, "internet", apiPublicIp, internalName),
    api("api-loopback", "API: 127.0.0.1:443 from the node", "node", "127.0.0.1", internalName),
    api("api-primary", "API: primary:443 from the node", "node", primaryPrivateIp, internalName),
    api("api-by-sni", `API: by SNI ${apiName} through the ingress EIP`, "internet", ingressPublicIp, apiName),
  ]);
}

/** What mode load-balancer promises: the same, except the API by SNI: a balancer does not route by name. */
export const balancedUrls = async (outputs: Outputs): Promise<Row[]> =>
  (await prodUrls(outputs)).filter(({ id }) => id !== "api-by-sni");
