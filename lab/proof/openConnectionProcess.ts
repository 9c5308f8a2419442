/**
 * Runs inside a namespace: reads a target from the first line of stdin, sends one request a second on one TLS connection until
 * stdin ends, and prints the count. A connection that ends is made again with the next request.
 */
import { Agent, request } from "node:https";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cuts } from "./openConnection";
import type { WireRequest } from "./probe";

/** Milliseconds between requests. */
const pause = 1_000;
/** Milliseconds: longer than the retransmissions of a lost packet, shorter than a user waits. */
const patience = 10_000;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const count: Cuts = { cut: -1, answered: 0, unanswered: 0 };
const input = createInterface({ input: process.stdin });
let stopped = false;

const ask = ({ address, port, path, host, ca }: WireRequest): Promise<void> =>
  new Promise((resolve) => {
    const options = { agent, host: address, port, path, headers: { host }, servername: host, ca, timeout: patience };
    const sent = request(options, (response) => {
      count.answered++;
      response.resume().once("close", resolve);
    });
    sent.once("socket", (socket) => {
      if (!sent.reusedSocket) socket.once("secureConnect", () => count.cut++);
    });
    sent.once("timeout", () => {
      count.unanswered++;
      sent.destroy();
    });
    sent.once("error", () => resolve());
    sent.end();
  });

input.once("line", (line) => {
  const wire = JSON.parse(line) as WireRequest;
  void (async () => {
    await ask(wire);
    if (count.answered === 0) throw new Error(`no answer from ${wire.address}:${wire.port}`);
    process.stdout.write("\n");
    for (;;) {
      await sleep(pause);
      if (stopped) break;
      await ask(wire);
    }
    process.stdout.write(JSON.stringify(count));
    agent.destroy();
  })();
});
input.once("close", () => (stopped = true));
