/** kOps' load balancer in front of the API, beside which this layout works and is paid for twice. */
import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import { apiBalancerTags } from "../settings/tagNames";

/** By the security group that kOps makes for it, of either kind: a group that nothing uses is left over from one that is gone. */
async function hasApiBalancer(clusterName: string, options: pulumi.InvokeOptions): Promise<boolean> {
  const filters = Object.entries(apiBalancerTags(clusterName)).map(([key, value]) => ({
    name: `tag:${key}`,
    values: [value],
  }));
  const { ids: groups } = await ec2.getSecurityGroups({ filters }, options);
  if (groups.length === 0) return false;
  const { ids } = await ec2.getNetworkInterfaces({ filters: [{ name: "group-id", values: groups }] }, options);
  return ids.length > 0;
}

export interface BesideApiBalancer {
  clusterName: string;
  /** The node's own; `""` if it has none. */
  publicIp: string;
  /** `apiAllowedCidrs` is set. */
  filtersApi: boolean;
}

/** Logged on every run; not a word where AWS does not say. */
export async function warnOfApiBalancer(
  { clusterName, publicIp, filtersApi }: BesideApiBalancer,
  options: pulumi.InvokeOptions,
): Promise<void> {
  const found = await hasApiBalancer(clusterName, options).catch(() => false);
  if (!found) return;
  await pulumi.log.warn(
    `the API of ${clusterName} is behind a load balancer of kOps, which costs more than this stack and stays the way of the API's clients; ` +
      `the output apiPublicIp is the node's own address${publicIp === "" ? "" : `, ${publicIp}`}. ` +
      (filtersApi
        ? "apiAllowedCidrs applies to clients that come through the balancer, too, where it is a Network Load Balancer: that keeps their addresses"
        : "kOps lets the balancer alone reach port 443 there, and this stack lets in allowedCidrs: to keep them from the API, set apiAllowedCidrs") +
      " (docs/guide.md, Which cluster it fits)",
  );
}
