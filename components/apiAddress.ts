/** Mode dual-ip: the API's public address, which the node keeps or which becomes an Elastic IP. */
import * as pulumi from "@pulumi/pulumi";
import { PrimaryAddress } from "../settings/choices";
import { elasticAddress } from "./elasticAddress";
import type { ModeInputs } from "./mode";
import type { Node } from "./node";

/** Logged on every run: users rarely revisit settings before a stop. */
function warnOfLoss(clusterName: string, { publicIp, elasticIp }: Node): void {
  if (publicIp === "" || elasticIp) return;
  void pulumi.log.warn(
    `the API's public address ${publicIp} was assigned automatically and is lost when the instance of ${clusterName} is stopped; ` +
      "with an Elastic IP on the secondary address AWS gives no new one at the next start. Keep the API reachable: " +
      `pulumi config set --stack ${pulumi.getStack()} ${pulumi.getProject()}:primaryAddress elastic-ip`,
  );
}

export interface ApiAddress {
  /** Public address of the API; `""` if the node has none. */
  publicIp: pulumi.Output<string>;
  /** Where the node answers once `tied` is there. */
  host: pulumi.Input<string>;
  tied: pulumi.Input<pulumi.Resource>[];
}

/**
 * @param host where the node answers now
 */
export function apiAddress(
  { name, args, node, options }: ModeInputs,
  host: pulumi.Input<string>,
  dependsOn: pulumi.Resource[],
): ApiAddress {
  const { clusterName, tags } = args;
  if (args.primaryAddress !== PrimaryAddress.ElasticIp) {
    const publicIp = node.apply((found) => {
      warnOfLoss(clusterName, found);
      return found.publicIp;
    });
    return { publicIp, host, tied: [] };
  }
  // Made inside apply: whether the address is imported depends on what the node has (docs/decisions/0013).
  const elastic = node.apply(({ networkInterfaceId, primaryPrivateIp, elasticIp }) =>
    elasticAddress(
      name,
      {
        ...{ clusterName, tags, networkInterfaceId },
        ...{ purpose: "api", privateIpAddress: primaryPrivateIp, existing: elasticIp },
      },
      // Never taken away: AWS gives a node whose secondary address has an Elastic IP no other public address, and the API would be lost.
      { ...options, dependsOn, retainOnDelete: true },
    ),
  );
  const publicIp = elastic.apply(({ address }) => address.publicIp);
  return { publicIp, host: publicIp, tied: [elastic.apply(({ association }) => association)] };
}
