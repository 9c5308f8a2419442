/** The lab's addresses: documentation ranges (RFC 5737) for the internet, kOps' default range for the VPC. */

import { labName } from "../paths";

/** Name of a network namespace; the prefix avoids collisions on the machine. */
export const namespaceNamed = (name: string): string => `ksi${labName}-${name}`;

export const namespaces = {
  internet: namespaceNamed("internet"),
  vpc: namespaceNamed("vpc"),
  node: namespaceNamed("node"),
  balancers: namespaceNamed("balancers"),
} as const;

export const internet = {
  /** Address of the operator and the users. */
  operator: "192.0.2.10",
  /** The VPC's side of the link. */
  gateway: "192.0.2.1",
  prefix: 24,
} as const;

export const vpc = {
  cidr: "172.20.0.0/16",
  subnet: "172.20.32.0/19",
  /** The VPC router's address in the subnet: the first host address, as in AWS. */
  router: "172.20.32.1",
  routerMacAddress: "02:1b:7c:00:32:01",
} as const;

export const node = {
  instanceId: "i-0a1b2c3d4e5f60001",
  primaryPrivateIp: "172.20.45.37",
  prefix: 19,
  macAddress: "02:1b:7c:00:45:37",
  /** Name of the interface on a Nitro instance. */
  device: "ens5",
  /** Assigned at launch, not an Elastic IP. */
  autoPublicIp: "198.51.100.37",
} as const;

/** AWS's free Elastic IPs, in allocation order. */
export const elasticIps: readonly string[] = Array.from({ length: 10 }, (_, index) => `203.0.113.${10 + index}`);

/** The AWS endpoint, on loopback of the `internet` namespace, so that only the operator reaches it. */
export const awsEndpoint = { host: "127.0.0.1", port: 4566 } as const;

/** The operator's Vault, in the same namespace. */
export const vault = { host: "127.0.0.1", port: 8200 } as const;

/** The same endpoint over TLS under its own name, for nodes. */
export const publicAwsEndpoint = { host: "192.0.2.20", port: 443, name: "ec2.eu-central-1.amazonaws.com" } as const;

/** Address of the instance metadata service (IMDS). */
export const metadataAddress = "169.254.169.254";
