/** The AWS account that the lab starts with: what `kops create cluster` leaves behind for one node. */
import type { Account } from "./aws/account";
import { seedAccount } from "./aws/seed";
import { elasticIps, node, vpc } from "./network/addresses";

/** Names shared by the stacks' example settings and the lab. */
export const labCluster = "k8s.example.com";
export const labDomain = "app.example.com";
export const labInstanceId = "i-0a1b2c3d4e5f60001";

export function labAccount(): Account {
  return seedAccount({
    region: "eu-central-1",
    cluster: labCluster,
    subnetCidr: vpc.subnet,
    instances: [
      {
        instanceId: labInstanceId,
        instanceType: "t3.medium",
        privateIp: node.primaryPrivateIp,
        publicIp: node.autoPublicIp,
        macAddress: node.macAddress,
        role: "control-plane",
      },
    ],
    hostedZone: { zoneId: "Z0123456789EXAMPLE", name: "example.com." },
    publicIpPool: [...elasticIps],
  });
}
