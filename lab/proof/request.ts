/** The request itself: HTTP or HTTPS to an address, with the certificate verified as in a browser. */
import { Resolver } from "node:dns/promises";
import * as http from "node:http";
import * as https from "node:https";
import type { LookupFunction } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Answer, WireRequest } from "./probe";

/** Milliseconds: longer than the retransmissions of a lost packet, shorter than a user waits. */
export const patience = 5_000;

/** Resolves names at one server, without a cache. */
function lookupAt(nameServer: string): LookupFunction {
  const resolver = new Resolver({ timeout: patience, tries: 1 });
  resolver.setServers([nameServer]);
  return (name, { all }, done) => {
    resolver.resolve4(name).then(
      ([first = "", ...others]) => {
        if (all)
          done(
            null,
            [first, ...others].map((address) => ({ address, family: 4 })),
          );
        else done(null, first, 4);
      },
      (error: NodeJS.ErrnoException) => {
        done(error, "");
      },
    );
  };
}

export function request({ address, nameServer, port, path = "/", host, ca }: WireRequest): Promise<Answer> {
  const start = process.hrtime.bigint();
  const answer: Answer = { status: 0, body: "", certificateNames: [], trusted: false, milliseconds: 0 };
  return new Promise((resolve) => {
    const finish = (error?: Error): void => {
      if (error) answer.error = error.message;
      answer.milliseconds = Number((process.hrtime.bigint() - start) / 10_000n) / 100;
      resolve(answer);
    };
    const place = nameServer ? { host, lookup: lookupAt(nameServer) } : { host: address };
    const options = { ...place, port, headers: { host }, agent: false, timeout: patience, path };
    const receive = (response: http.IncomingMessage): void => {
      answer.status = response.statusCode ?? 0;
      response.setEncoding("utf8");
      response.on("data", (text: string) => (answer.body += text));
      response.on("end", () => finish());
      response.on("error", finish);
    };
    const sent = ca
      ? // An untrusted certificate is a result, not an error.
        https.request({ ...options, servername: host, ca, rejectUnauthorized: false }, receive)
      : http.request(options, receive);
    sent.on("socket", (socket) => {
      socket.once("secureConnect", () => {
        const tls = socket as TLSSocket;
        const names = tls.getPeerCertificate().subjectaltname ?? "";
        answer.certificateNames = names.split(", ").filter(Boolean);
        answer.trusted = tls.authorized;
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${patience / 1000} s`)));
    sent.on("error", finish);
    sent.end();
  });
}
