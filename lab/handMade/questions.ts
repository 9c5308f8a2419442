/** Who answers where in a hand-made layout. */
import { labCluster, labDomain } from "../cloud/labAccount";
import { node } from "../network/addresses";
import { keyPair } from "../node/certificates";
import { type Answer, describeAnswer, probe, type Request } from "../proof/probe";
import type { Row } from "../proof/row";
import { type Layout, movedApiPort, statistics } from "./layout";

/** `api` is the API server with its own certificate, whatever the name asked for. */
export type Answerer = "api" | "application" | "statistics" | "database" | "nobody";

const apiName = `api.${labCluster}`;
const cluster = { authority: keyPair("cluster-authority").certificate };
const web = { authority: keyPair("web-authority").certificate };

interface Question {
  name: string;
  /** Undefined if the layout has no such address. */
  request(layout: Layout): Request | undefined;
  /** Who answers in the layout as written; asked only in variants that name an answerer otherwise. */
  by?: Answerer;
}

const outside = ({ elasticIp }: Layout, to: Omit<Request, "from" | "address">): Request | undefined =>
  elasticIp && { from: "internet", address: elasticIp.publicIp, ...to };
const onNode = (address: string, port: number, to: Omit<Request, "from" | "address" | "port">): Request => ({
  from: "node",
  address,
  port,
  ...to,
});
const toApi = { host: apiName, ...cluster };
const toApp = { host: labDomain, ...web };

export const questions = {
  "api-public": {
    name: "API: the primary public address, port 443, from outside",
    request: () => ({ from: "internet", address: node.autoPublicIp, port: 443, ...toApi }),
    by: "api",
  },
  "api-primary": {
    name: "API: the primary private address, port 443, on the node",
    request: ({ primaryPrivateIp }) => onNode(primaryPrivateIp, 443, toApi),
    by: "api",
  },
  // Neither HAProxy nor the forwarder listens there; kubelet, kube-proxy and the API server's own probe ask there.
  "api-loopback": {
    name: "API: 127.0.0.1, port 443, on the node",
    request: () => onNode("127.0.0.1", 443, toApi),
    by: "nobody",
  },
  "api-listener": {
    name: `API: its own listener 127.0.0.1, port ${movedApiPort}`,
    request: () => onNode("127.0.0.1", movedApiPort, toApi),
    by: "api",
  },
  "api-by-sni": {
    name: `API: by SNI ${apiName} on the Elastic IP, port 443`,
    request: (layout) => outside(layout, { port: 443, ...toApi }),
    by: "api",
  },
  "app-https": {
    name: "application: the Elastic IP, port 443",
    request: (layout) => outside(layout, { port: 443, ...toApp }),
    by: "application",
  },
  "app-http": {
    name: "application: the Elastic IP, port 80",
    request: (layout) => outside(layout, { port: 80, host: labDomain }),
    by: "application",
  },
  "app-on-node": {
    name: "application: the secondary private address, port 443, on the node",
    request: ({ secondaryPrivateIp }) => onNode(secondaryPrivateIp, 443, toApp),
    by: "application",
  },
  statistics: {
    name: `HAProxy's statistics: port ${statistics.port} on the node, without a password`,
    request: ({ primaryPrivateIp }) =>
      onNode(primaryPrivateIp, statistics.port, { host: "node", path: statistics.path }),
    by: "statistics",
  },
  database: {
    name: "HAProxy's other frontend: port 5432 on the node",
    request: ({ primaryPrivateIp }) => onNode(primaryPrivateIp, 5432, { host: "database" }),
  },
} satisfies Record<string, Question>;
export type QuestionId = keyof typeof questions;

/** What an answer of each looks like. */
const looks: Record<Answerer, { expected: string; holds(answer: Answer): boolean }> = {
  api: {
    expected: `401 with the certificate of ${apiName}`,
    holds: ({ status, certificateNames }) => status === 401 && certificateNames.includes(`DNS:${apiName}`),
  },
  application: {
    expected: "200 by the ingress",
    holds: ({ status, body }) => status === 200 && body.startsWith("ingress "),
  },
  statistics: {
    expected: "200 by HAProxy",
    holds: ({ status, body }) => status === 200 && body.includes("Statistics Report for HAProxy"),
  },
  database: { expected: "200 by the database", holds: ({ status, body }) => status === 200 && body === "database\n" },
  nobody: {
    expected: "no answer",
    holds: ({ status, certificateNames }) => status === 0 && certificateNames.length === 0,
  },
};

/** Asks every question that the layout has an address for. @param changes who answers otherwise than as written */
export async function ask(layout: Layout, changes: Partial<Record<QuestionId, Answerer>> = {}): Promise<Row[]> {
  const asked = (Object.entries(questions) as [QuestionId, Question][]).flatMap(([id, { name, request, by }]) => {
    const wanted = request(layout);
    const answerer = changes[id] ?? by;
    return wanted && answerer ? [{ id, name, request: wanted, look: looks[answerer] }] : [];
  });
  const answers = await probe(asked.map(({ request }) => request));
  return asked.map(({ id, name, look }, index) => {
    const answer = answers[index];
    return {
      id,
      name,
      ok: answer !== undefined && look.holds(answer),
      expected: look.expected,
      observed: answer ? describeAnswer(answer) : "no answer",
      ms: answer?.milliseconds ?? 0,
    };
  });
}
