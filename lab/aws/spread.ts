/** The effect of `kops edit instancegroup` on the zones of a cluster's nodes. */
import type { Account } from "./account";
import { newId } from "./ids";

/** Makes the cluster's Auto Scaling groups launch nodes in one zone or two; the second zone gets a public subnet. */
export function spread(account: Account, cluster: string, zones: 1 | 2): void {
  const groups = (account.autoScalingGroups ?? []).filter(({ tags }) => tags["KubernetesCluster"] === cluster);
  const [first, second] = account.subnets.filter(({ tags }) => tags["KubernetesCluster"] === cluster);
  if (!first) throw new Error(`expected a subnet of ${cluster}, found none`);
  const beside = second ?? {
    ...structuredClone(first),
    ...{ subnetId: newId("subnet"), cidrBlock: "172.20.64.0/19", availabilityZone: `${account.region}b` },
  };
  if (!second) account.subnets.push(beside);
  for (const group of groups) group.subnetIds = [first, beside].slice(0, zones).map(({ subnetId }) => subnetId);
}
