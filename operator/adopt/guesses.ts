/** The settings that the layout made by hand suggests, from what the account has and the node's files say. */
import type { PreflightFinding } from "../../hostfiles/node/preflight";
import { nodePort } from "../../settings/checks";
import { apiPort, clientPorts } from "../../settings/ports";
import type { Settings } from "../../settings/read";
import type { Account } from "./account";
import type { Clues } from "./clues";
import { addressesOf, parseSections, type Server, serversBehind } from "./haproxyConfiguration";

type Given = Pick<Settings, "secondaryPrivateIp" | "httpsNodePort" | "httpNodePort" | "apiLocalPort" | "proxyProtocol">;

export interface Guesses {
  /** `""` if neither the settings nor HAProxy's configuration name an address of the interface. */
  secondaryPrivateIp: string;
  httpsNodePort: number;
  httpNodePort: number;
  apiLocalPort: number;
  proxyProtocol: boolean;
  /** What this program cannot do as the layout does. */
  obstacles: PreflightFinding[];
}

const isNodePort = (port: number): boolean => nodePort.safeParse(port).success;

/** Values, each once. */
const each = <T>(values: readonly T[]): T[] => [...new Set(values)];

function portOf(key: "httpsNodePort" | "httpNodePort", servers: readonly Server[], fallback: number) {
  const ports = each(servers.map(({ port }) => port));
  const [port = fallback, another] = ports;
  if (another === undefined && (ports.length === 0 || isNodePort(port))) return { port, obstacles: [] };
  return {
    port: ports.find(isNodePort) ?? fallback,
    obstacles: [
      {
        code: "NODE_PORT_UNKNOWN",
        expected: `one NodePort (30000–32767) behind port ${clientPorts[key === "httpsNodePort" ? "https" : "http"]} of the layout's HAProxy`,
        found: ports.join(", "),
        fix: "give the ingress controller one NodePort, and lead HAProxy's servers there",
      },
    ],
  };
}

/** The manifest counts; after a reboot it may be kOps' own again, and then the forwarder's target does. */
function apiLocalPortOf({ securePort, forward }: Clues, viaHaproxy: readonly Server[], fallback: number): number {
  const targets = forward.flatMap((line) =>
    [...line.matchAll(/(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)\b/g)].map(([, port]) => Number(port)),
  );
  const bySni = viaHaproxy.filter(({ onLoopback }) => onLoopback).map(({ port }) => port);
  const candidates = [...(securePort === "" ? [] : [Number(securePort)]), ...targets, ...bySni];
  return candidates.find((port) => port !== apiPort) ?? fallback;
}

export function guess(clues: Clues, { primaryPrivateIp, secondaries }: Account, given: Given): Guesses {
  const sections = parseSections(clues.haproxy);
  const listening = addressesOf(sections, Object.values(clientPorts));
  const named = secondaries.find(({ privateIp }) => listening.includes(privateIp))?.privateIp;
  const secondaryPrivateIp = given.secondaryPrivateIp ?? named ?? "";
  const elsewhere = listening.includes(secondaryPrivateIp) ? undefined : named;
  const behind = (port: number) => serversBehind(sections, { address: secondaryPrivateIp || primaryPrivateIp, port });
  const https = behind(clientPorts.https);
  const http = behind(clientPorts.http);
  const httpsPort = portOf("httpsNodePort", https.usual, given.httpsNodePort);
  const httpPort = portOf("httpNodePort", http.usual, given.httpNodePort);
  const versions = each([...https.usual, ...http.usual].map(({ proxyProtocol }) => proxyProtocol > 0));
  return {
    secondaryPrivateIp,
    httpsNodePort: httpsPort.port,
    httpNodePort: httpPort.port,
    apiLocalPort: apiLocalPortOf(clues, https.conditional, given.apiLocalPort),
    proxyProtocol: versions.length > 0 ? versions.includes(true) : given.proxyProtocol,
    obstacles: [
      ...(elsewhere === undefined
        ? []
        : [
            {
              code: "SECONDARY_ADDRESS_DIFFERS",
              expected: `secondaryPrivateIp ${elsewhere}, which the layout's HAProxy listens on`,
              found: secondaryPrivateIp,
              fix: "remove the setting secondaryPrivateIp, if the stack is not up",
            },
          ]),
      ...httpsPort.obstacles,
      ...httpPort.obstacles,
      ...(versions.length > 1
        ? [
            {
              code: "PROXY_PROTOCOL_MIXED",
              expected: "the PROXY protocol to both ports of the ingress controller, or to neither",
              found: "it to one of them",
              fix: "let the ingress controller expect it on both or on neither, and HAProxy send it so",
            },
          ]
        : []),
    ],
  };
}
