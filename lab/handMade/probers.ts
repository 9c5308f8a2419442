/** Sends 20 requests a second each to the API from outside, the API from the node, and the application, and counts. */
import { probeApi, probeApiOnNode, probeApp, probeAppOnNode } from "../proof/probes";
import type { Count } from "../proof/prober";
import type { Layout } from "./layout";

export const probed = ["api-public", "api-loopback", "application"] as const;
export type Probed = (typeof probed)[number];

export interface LayoutProbers {
  /** Stops the requests and returns the counts. */
  stop(): Promise<Record<Probed, Count>>;
}

/** The application is asked on its Elastic IP; without one, on the secondary address from the node. */
export async function startLayoutProbers({ elasticIp, secondaryPrivateIp }: Layout): Promise<LayoutProbers> {
  const [outside, loopback, application] = await Promise.all([
    probeApi(),
    probeApiOnNode(),
    elasticIp ? probeApp(elasticIp.publicIp) : probeAppOnNode(secondaryPrivateIp),
  ]);
  return {
    stop: async () => {
      const counts = await Promise.all([outside.stop(), loopback.stop(), application.stop()]);
      return { "api-public": counts[0], "api-loopback": counts[1], application: counts[2] };
    },
  };
}
