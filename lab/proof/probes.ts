/** Sends 20 requests a second each to the API from outside, the API from the node, and the application. */
import { labCluster, labDomain } from "../cloud/labAccount";
import { node } from "../network/addresses";
import { keyPair } from "../node/certificates";
import type { Request } from "./probe";
import { type Count, type Prober, startProber } from "./prober";

const perSecond = 20;

export interface Counts {
  api: Count;
  app: Count;
}

const api = { port: 443, host: `api.internal.${labCluster}`, authority: keyPair("cluster-authority").certificate };
const app = { port: 443, host: labDomain, authority: keyPair("web-authority").certificate };

/** The API on its public address, from outside. */
export const publicApi: Request = { from: "internet", address: node.autoPublicIp, ...api };
export const probeApi = (): Promise<Prober> => startProber(publicApi, perSecond);

/** The API on 127.0.0.1, as kubelet and kube-proxy reach it. */
export const probeApiOnNode = (): Promise<Prober> =>
  startProber({ from: "node", address: "127.0.0.1", ...api }, perSecond);

/** The application on its public address, from outside. */
export const publicApp = (address: string): Request => ({ from: "internet", address, ...app });
export const probeApp = (address: string): Promise<Prober> => startProber(publicApp(address), perSecond);

/** The application on a private address, from the node. */
export const probeAppOnNode = (address: string): Promise<Prober> =>
  startProber({ from: "node", address, ...app }, perSecond);

/** The application on its NodePort, from the node: kube-proxy without us. */
export const probeNodePort = (): Promise<Prober> =>
  startProber({ from: "node", address: node.primaryPrivateIp, ...app, port: 30443 }, perSecond);

/** @param appAddress public address of the applications; without it, they get no requests */
export async function startProbes(appAddress: string | undefined): Promise<{ stop(): Promise<Counts> }> {
  const apiProbers = await Promise.all([probeApi(), probeApiOnNode()]);
  const appProbers = appAddress ? [await probeApp(appAddress)] : [];
  return { stop: async () => ({ api: await together(apiProbers), app: await together(appProbers) }) };
}

async function together(probers: readonly Prober[]): Promise<Count> {
  const counts = await Promise.all(probers.map((prober) => prober.stop()));
  return {
    sent: counts.reduce((sum, { sent }) => sum + sent, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
    longestOutage: Math.max(0, ...counts.map(({ longestOutage }) => longestOutage)),
    strangers: counts.reduce((sum, { strangers }) => sum + strangers, 0),
    lastFailure: Math.max(0, ...counts.map(({ lastFailure }) => lastFailure)),
    p99: Math.max(0, ...counts.map(({ p99 }) => p99)),
    failures: counts.flatMap(({ failures }) => failures),
  };
}
