/**
 * One client process of a load: `client.ts KIND ADDRESS PORT COUNT`, in the VPC router's namespace. COUNT clients hold a connection
 * each, or open one after the other as fast as they can, until the process is killed.
 */
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { labDomain } from "../../cloud/labAccount";
import { someClient } from "./sources";

export type Kind = "idle" | "trickle" | "connect" | "fill";

/** Milliseconds until a client whose connection was refused or closed tries again. */
const pause = 1000;

/** The first record of a TLS handshake with the applications. */
const hello = (): Promise<Buffer> =>
  new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer) => {
        resolve(chunk);
      },
    });
    connectTls({ socket: wire, servername: labDomain }).on("error", () => undefined);
  });

/** @returns an open connection, or undefined where it is refused or nobody answers */
const open = (host: string, port: number, localAddress: string): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, localAddress, noDelay: true });
    const failed = (): void => {
      resolve(undefined);
    };
    socket.once("error", failed).once("close", failed);
    socket.once("connect", () => {
      socket.off("close", failed).on("error", () => undefined);
      resolve(socket);
    });
  });

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.resume().once("close", () => {
      resolve();
    });
  });

async function trickle(socket: Socket, bytes: Buffer): Promise<void> {
  for (let sent = 0; sent < bytes.length && !socket.destroyed; sent++) {
    socket.write(bytes.subarray(sent, sent + 1));
    await sleep(1000);
  }
}

async function main([kind = "", host = "", port = "", count = ""]: readonly string[]): Promise<void> {
  const bytes = await hello();
  const forever = async (work: () => Promise<void>): Promise<never> => {
    for (;;) await work();
  };
  const held = async (use: (socket: Socket) => unknown): Promise<void> => {
    const socket = await open(host, Number(port), someClient(false));
    if (socket) {
      void use(socket);
      await closed(socket);
    }
    await sleep(pause);
  };
  // The RST is lost on its way: the node goes on with a connection that no client has any more.
  const abandoned = async (): Promise<void> => {
    const socket = await open(host, Number(port), someClient(true));
    socket?.resetAndDestroy();
  };
  const once = async (): Promise<void> => {
    const socket = await open(host, Number(port), someClient(false));
    if (!socket) return;
    socket.write("GET / HTTP/1.0\r\n\r\n");
    await closed(socket);
  };
  const work: Record<Kind, () => Promise<void>> = {
    idle: () => held((socket) => socket.write(bytes)),
    trickle: () => held((socket) => trickle(socket, bytes)),
    connect: once,
    fill: abandoned,
  };
  await Promise.all(
    Array.from({ length: Number(count) }, async (_, index) => {
      await sleep(index / 5);
      await forever(work[kind as Kind]);
    }),
  );
}

if (require.main === module) void main(process.argv.slice(2));
