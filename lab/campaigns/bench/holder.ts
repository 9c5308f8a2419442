/** A client that holds many TLS connections: `holder.ts URL COUNT`; each input line makes it probe all of them. */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";

export interface Held {
  /** Connections that are still open. */
  open: number;
  /** Open connections that received data in time: a response, or the next piece of a stream. */
  alive: number;
}

/** Seconds to wait for a response or the next piece of a stream. */
const patience = 20;
/** Concurrent handshakes. */
const atOnce = 64;

const [address = "", count = "0"] = process.argv.slice(2);
const { hostname, port, pathname } = new URL(address);
const endless = pathname !== "/";
const request = `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;

interface Connection {
  socket: TLSSocket;
  bytes: number;
  open: boolean;
}

const open = (): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 443), rejectUnauthorized: false }, () =>
      socket.write(request),
    );
    const connection: Connection = { socket, bytes: 0, open: true };
    socket.on("data", (chunk: Buffer) => {
      connection.bytes += chunk.length;
      resolve(connection);
    });
    socket.on("error", reject);
    socket.on("close", () => (connection.open = false));
  });

async function ask(connections: readonly Connection[]): Promise<Held> {
  for (const connection of connections) {
    connection.bytes = 0;
    if (!endless && connection.open) connection.socket.write(request);
  }
  const alive = (): Connection[] => connections.filter((each) => each.open && each.bytes > 0);
  for (let waited = 0; waited < patience && alive().length < connections.length; waited += 0.25) await sleep(250);
  return { open: connections.filter((each) => each.open).length, alive: alive().length };
}

async function main(): Promise<void> {
  const connections: Connection[] = [];
  let left = Number(count);
  const worker = async (): Promise<void> => {
    while (left-- > 0) connections.push(await open());
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  process.stdout.write(`${JSON.stringify({ open: connections.length, alive: connections.length } satisfies Held)}\n`);
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  while (!(await lines.next()).done) process.stdout.write(`${JSON.stringify(await ask(connections))}\n`);
  process.exit(0);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
