/** The loads of the campaign. Their clients run at the lowest priority, as they would have machines of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { clientPorts } from "../../../settings/ports";
import { node } from "../../network/addresses";
import { repositoryRoot, typescript } from "../../paths";
import { inVpc } from "../bench/load";
import { bigPage } from "../bench/paths";
import type { Kind } from "./client";

export interface Load {
  id: string;
  /** For the page. */
  title: string;
  /** Command lines of the client processes. */
  clients(target: Target): string[][];
  /** Seconds until the load has its full size. */
  growing: number;
  /** It costs the ingress controller more than HAProxy, and is aimed at its NodePort as well. */
  direct?: true;
}

/** Where a load is aimed at. */
export interface Target {
  host: string;
  https: number;
  http: number;
}

/** A port of the applications' address where nobody listens. */
const nobodysPort = 4;
export const applications = (host: string): Target => ({ host, https: clientPorts.https, http: clientPorts.http });
export const nodePort: Target = { host: node.primaryPrivateIp, https: 30443, http: 30080 };
export const nobody = (host: string): Target => ({ host, https: nobodysPort, http: nobodysPort });

const client = (kind: Kind, host: string, port: number, count: number): string[] => [
  process.execPath,
  ...typescript,
  "lab/campaigns/load/client.ts",
  ...[kind, host, `${port}`, `${count}`],
];
const twice = (command: string[]): string[][] => [command, command];

export const loads: readonly Load[] = [
  {
    id: "idle",
    title: "20 000 idle connections",
    clients: ({ host, https }) => twice(client("idle", host, https, 10_000)),
    growing: 15,
  },
  {
    id: "trickle",
    title: "5 000 connections that send a TLS hello byte by byte",
    clients: ({ host, https }) => [client("trickle", host, https, 5_000)],
    growing: 5,
  },
  {
    id: "connect",
    title: "new connections as fast as two clients can",
    clients: ({ host, http }) => twice(client("connect", host, http, 256)),
    growing: 60,
  },
  {
    id: "download",
    title: "64 downloads",
    direct: true,
    clients: ({ host, https }) => [["wrk", "-t1", "-c64", "-d3600s", `https://${host}:${https}${bigPage.path}`]],
    growing: 1,
  },
  {
    id: "fill",
    title: "abandoned connections that fill the connection table",
    clients: ({ host, https }) => twice(client("fill", host, https, 256)),
    growing: 60,
  },
];

/** Starts a load's clients. @returns what ends them */
export function start(load: Load, target: Target): () => Promise<void> {
  const children: ChildProcess[] = load.clients(target).map((command) => {
    const [program = "", ...args] = inVpc("chrt", "--idle", "0", ...command);
    return spawn(program, args, { cwd: repositoryRoot, stdio: "ignore" });
  });
  return async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  };
}
