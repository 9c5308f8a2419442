/** The Auto Scaling group of a kOps control plane: it replaces a terminated instance. */
import type { Account } from "./account";
import { newId } from "./ids";

export interface Replacement {
  instanceId: string;
  primaryPrivateIp: string;
  macAddress: string;
  autoPublicIp: string;
  /** Added by the instance group to the cluster's own. */
  additionalSecurityGroups?: readonly string[];
  /** Tags of the instance group. */
  cloudLabels?: Readonly<Record<string, string>>;
}

/**
 * Terminates an instance and launches its successor from kOps' launch template: same type and subnet, the tags and
 * groups of the cluster and the instance group, a new interface with new addresses. Anything else attached to the old
 * interface is lost.
 * @throws if there is no such instance
 */
export function replaceInstance(account: Account, instanceId: string, next: Replacement): void {
  const old = account.instances.find((instance) => instance.instanceId === instanceId);
  const eni = account.networkInterfaces.find(({ attachment }) => attachment?.instanceId === instanceId);
  if (!old || !eni) throw new Error(`expected a running instance ${instanceId}, found none`);
  old.state = "terminated";
  account.deregisteredTargets = account.deregisteredTargets?.filter((each) => each.instanceId !== instanceId);
  account.networkInterfaces = account.networkInterfaces.filter((other) => other !== eni);
  for (const address of account.addresses)
    if (address.association?.networkInterfaceId === eni.networkInterfaceId) delete address.association;
  const tags = { ...old.tags, ...next.cloudLabels };
  account.instances.push({
    ...structuredClone(old),
    instanceId: next.instanceId,
    state: "running",
    launchTime: new Date().toISOString(),
    tags,
  });
  const ofKops = (groupId: string): boolean =>
    account.securityGroups.find((group) => group.groupId === groupId)?.tags["KubernetesCluster"] !== undefined;
  account.networkInterfaces.unshift({
    ...structuredClone(eni),
    networkInterfaceId: newId("eni"),
    macAddress: next.macAddress,
    attachment: { attachmentId: newId("eni-attach"), instanceId: next.instanceId, deviceIndex: 0 },
    privateIps: [{ privateIpAddress: next.primaryPrivateIp, primary: true, autoPublicIp: next.autoPublicIp }],
    securityGroupIds: [...eni.securityGroupIds.filter(ofKops), ...(next.additionalSecurityGroups ?? [])],
    tags: { ...eni.tags, ...next.cloudLabels },
  });
}
