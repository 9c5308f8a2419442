/**
 * The lab's initial AWS account: the result of `kops create cluster`, and a node of another cluster, which the program
 * must not touch.
 */
import type { Account } from "../aws/account";
import { seedAccount, type SeedInstance } from "../aws/seed";
import { elasticIps, node, vpc } from "../network/addresses";
import { identityOf } from "../node/identity";
import { worker } from "../network/machines";

/** Names that the stacks' example settings and the lab share. */
export const labCluster = "k8s.example.com";
export const labDomain = "app.example.com";
export const labInstanceId = node.instanceId;
export const otherCluster = "other.example.com";
export const otherInstanceId = "i-0a1b2c3d4e5f60002";

export const labRegion = "eu-central-1";
export const labZoneId = "Z0123456789EXAMPLE";

const common = { region: labRegion, publicIpPool: elasticIps } as const;
const machine = { instanceType: "t3.medium", role: "control-plane" } as const;

/** @param nodes number of control plane nodes and workers */
export function labAccount(nodes = 1): Account {
  const account = seedAccount({
    ...common,
    cluster: labCluster,
    subnetCidr: vpc.subnet,
    instances: [
      {
        ...machine,
        instanceId: labInstanceId,
        privateIp: node.primaryPrivateIp,
        publicIp: node.autoPublicIp,
        macAddress: node.macAddress,
      },
      ...Array.from({ length: nodes - 1 }, (_, index): SeedInstance => {
        const { instanceId, primaryPrivateIp, macAddress, autoPublicIp } = identityOf(0, worker(index + 1));
        const addresses = { privateIp: primaryPrivateIp, publicIp: autoPublicIp, macAddress };
        return { instanceId, instanceType: "t3.medium", role: "node", ...addresses };
      }),
    ],
    hostedZone: { zoneId: labZoneId, name: "example.com." },
  });
  const other = seedAccount({
    ...common,
    cluster: otherCluster,
    subnetCidr: "172.21.32.0/19",
    instances: [
      { ...machine, instanceId: otherInstanceId, privateIp: "172.21.45.37", macAddress: "02:1b:7c:00:45:38" },
    ],
  });
  return {
    ...account,
    vpcs: [...account.vpcs, ...other.vpcs],
    subnets: [...account.subnets, ...other.subnets],
    instances: [...account.instances, ...other.instances],
    networkInterfaces: [...account.networkInterfaces, ...other.networkInterfaces],
    securityGroups: [...account.securityGroups, ...other.securityGroups],
    securityGroupRules: [...account.securityGroupRules, ...other.securityGroupRules],
    autoScalingGroups: [...(account.autoScalingGroups ?? []), ...(other.autoScalingGroups ?? [])],
  };
}
