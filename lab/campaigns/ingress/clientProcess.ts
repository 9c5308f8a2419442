/** Runs inside a namespace: reads a question as JSON from stdin, asks it over TLS, and prints what it saw as JSON. */
import { readFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import type { Question, Seen } from "./client";
import { acceptKey, textFrame, textOf } from "./webSocket";

/** Milliseconds: a controller that closes the connection does so at once. */
const patience = 5_000;
const key = Buffer.from("the lab's client").toString("base64");

const { kind, address, port, host, ca, path } = JSON.parse(readFileSync(0, "utf8")) as Omit<Question, "authority"> & {
  ca: string;
};
const seen: Seen = { protocol: "", status: 0, body: "", certificateNames: [], serial: "", trusted: false };

/** @param error OpenSSL's gives its reason apart from the place in its source */
function finish(error?: Error & { reason?: string }): never {
  if (error) seen.error = error.reason ?? error.message;
  process.stdout.write(JSON.stringify(seen));
  process.exit();
}

function note(socket: TLSSocket): void {
  const { subjectaltname = "", serialNumber } = socket.getPeerCertificate();
  seen.certificateNames = subjectaltname.split(", ").filter(Boolean);
  seen.serial = serialNumber;
  seen.trusted = socket.authorized;
  seen.protocol = socket.alpnProtocol || "";
}

const tls = { host: address, port, servername: host, ca, rejectUnauthorized: false };

function askHandshake(): void {
  const socket = connect({ ...tls, ALPNProtocols: ["h2", "http/1.1"] }, () => {
    note(socket);
    finish();
  });
  socket.once("error", finish);
}

function askHttp2(): void {
  const session = connectHttp2(`https://${host}`, {
    createConnection: () => connect({ ...tls, ALPNProtocols: ["h2"] }),
  });
  session.once("error", finish);
  session.once("connect", (_session, socket) => note(socket as TLSSocket));
  const stream = session.request({ ":path": path });
  stream.once("response", (headers) => (seen.status = Number(headers[":status"])));
  stream.setEncoding("utf8").on("data", (text: string) => (seen.body += text));
  stream.once("error", finish);
  stream.once("end", () => finish());
}

function askWebSocket(): void {
  const headers = { Host: host, Connection: "Upgrade", Upgrade: "websocket" };
  const options = { ...tls, path, agent: false, ALPNProtocols: ["http/1.1"] };
  const sent = request({
    ...options,
    headers: { ...headers, "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key },
  });
  sent.once("error", finish);
  sent.once("response", ({ statusCode = 0 }) => {
    seen.status = statusCode;
    finish();
  });
  sent.once("upgrade", ({ statusCode = 0, headers: answered }, socket) => {
    note(socket as TLSSocket);
    seen.status = statusCode;
    if (answered["sec-websocket-accept"] !== acceptKey(key)) finish(new Error("the handshake's answer is wrong"));
    socket.once("data", (frame: Buffer) => {
      seen.body = textOf(frame);
      finish();
    });
    socket.write(textFrame("hello", true));
  });
  sent.end();
}

setTimeout(() => finish(new Error(`no answer within ${patience / 1000} s`)), patience);
({ handshake: askHandshake, http2: askHttp2, webSocket: askWebSocket })[kind]();
