/** What is asked of each ingress controller: through the ingress' public address, from the internet. */
import { setTimeout as sleep } from "node:timers/promises";
import { labDomain } from "../../cloud/labAccount";
import { podGateway } from "../../kubernetes/kubeProxy";
import type { KeptLab } from "../../keptLab";
import { internet, node } from "../../network/addresses";
import { keyPair } from "../../node/certificates";
import type { Outputs } from "../../proof/outputs";
import { describeAnswer, probe, type Request } from "../../proof/probe";
import { publicApp } from "../../proof/probes";
import { type Row, row } from "../../proof/row";
import { ask, describe, type Question } from "./client";
import { logOf } from "./cluster";
import type { Controller } from "./controller";

/** A name that is nobody's. */
const strangeName = "nobody.example.com";
/** Seconds for a controller to take up what was changed. */
const patience = 60;

type Observation = { ok: boolean; observed: string };

/** Repeats an observation until it passes or the time is up. */
export async function eventually(seconds: number, observe: () => Promise<Observation>): Promise<Observation> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await observe();
    if (seen.ok || Date.now() > deadline) return seen;
    await sleep(500);
  }
}

async function answered(request: Request, tls: boolean): Promise<Observation> {
  const [answer] = await probe([request]);
  if (!answer) throw new Error("one request has one answer");
  const ok = answer.status === 200 && answer.body.startsWith(`application ${request.host}`) && (answer.trusted || !tls);
  return { ok, observed: describeAnswer(answer) };
}

/** The application by its name over HTTPS. */
export const byName = (address: string): Promise<Observation> =>
  eventually(patience, () => answered(publicApp(address), true));

const question = (address: string, kind: Question["kind"], host: string): Question => {
  const authority = keyPair("web-authority").certificate;
  return { kind, address, port: 443, host, path: "/", authority };
};

/** The rows that hold with the PROXY protocol and without it. */
export async function rowsOf(
  kept: KeptLab,
  { id, name, unit, clientOf }: Controller,
  { ingressPublicIp: address }: Outputs,
  proxyProtocol: boolean,
): Promise<Row[]> {
  const how = `${name}, ${proxyProtocol ? "with" : "without"} PROXY protocol`;
  const one = (what: string, title: string, expected: string, observe: () => Promise<Observation>): Promise<Row> =>
    row(`${id}-${proxyProtocol ? "proxy-" : ""}${what}`, `${how}: ${title}`, expected, observe);
  return [
    await one("https", "the application by its name on 443", `200 with the certificate of ${labDomain}`, () =>
      byName(address),
    ),
    await one("http", "the same on 80", "200", () =>
      eventually(patience, () => answered({ from: "internet", address, port: 80, host: labDomain }, false)),
    ),
    await one("strict-sni", `no certificate for ${strangeName}`, "no certificate", async () => {
      const seen = await ask(question(address, "handshake", strangeName));
      return { ok: seen.certificateNames.length === 0 && seen.error !== undefined, observed: describe(seen) };
    }),
    await one("http2", "HTTP/2", "200 by h2", async () => {
      const seen = await ask(question(address, "http2", labDomain));
      return { ok: seen.status === 200 && seen.protocol === "h2" && seen.trusted, observed: describe(seen) };
    }),
    await one("websocket", "a message on a WebSocket and back", "101, hello", async () => {
      const seen = await ask(question(address, "webSocket", labDomain));
      return { ok: seen.status === 101 && seen.body === "hello" && seen.trusted, observed: describe(seen) };
    }),
    await one(
      "log",
      "the client in the access log",
      proxyProtocol ? internet.operator : "the node, not the client",
      async () => {
        const path = `/log-${Date.now()}`;
        await probe([{ ...publicApp(address), path }]);
        return eventually(10, async () => {
          const line = (await logOf(kept, unit)).split("\n").find((each) => each.includes(path));
          const client = line === undefined ? undefined : clientOf(line);
          const ok = proxyProtocol
            ? client === internet.operator
            : client === podGateway || client === node.primaryPrivateIp;
          return { ok, observed: client ?? line ?? "no line" };
        });
      },
    ),
  ];
}
