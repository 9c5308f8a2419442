/** Connections from outside that stay open while a layout changes. */
import { type Cuts, openConnection, type OpenConnection } from "../proof/openConnection";
import { publicApi, publicApp } from "../proof/probes";
import type { Layout } from "./layout";
import type { Probed } from "./probers";

type ByPlace<T> = [place: Probed, T][];

/** One to each public place among `places`, which answer now. */
export function openConnections({ elasticIp }: Layout, places: readonly Probed[]): Promise<ByPlace<OpenConnection>> {
  const requests = { "api-public": publicApi, ...(elasticIp ? { application: publicApp(elasticIp.publicIp) } : {}) };
  const wanted = Object.entries(requests).filter(([place]) => places.includes(place as Probed));
  return Promise.all(wanted.map(async ([place, request]) => [place as Probed, await openConnection(request)]));
}

export const closeAll = (connections: ByPlace<OpenConnection>): Promise<ByPlace<Cuts>> =>
  Promise.all(connections.map(async ([place, connection]) => [place, await connection.close()]));
