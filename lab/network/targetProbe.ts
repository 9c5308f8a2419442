/**
 * Probes targets by connecting from the load balancers' namespace: reads one request per line, writes one result per
 * line.
 */
import { connect } from "node:net";
import { createInterface } from "node:readline";

export interface Question {
  id: number;
  /** The balancer's own address. */
  from: string;
  address: string;
  port: number;
  /** Seconds. */
  timeout: number;
}

export interface Answer {
  id: number;
  /** Whether the target accepted the connection in time. */
  ok: boolean;
}

const answer = (value: Answer): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);

createInterface(process.stdin).on("line", (line) => {
  const { id, from, address, port, timeout } = JSON.parse(line) as Question;
  const socket = connect({ host: address, port, localAddress: from });
  const patience = setTimeout(() => socket.destroy(new Error("no answer in time")), timeout * 1000);
  socket
    .once("connect", () => {
      clearTimeout(patience);
      socket.destroy();
      answer({ id, ok: true });
    })
    .once("error", () => {
      clearTimeout(patience);
      answer({ id, ok: false });
    });
});
