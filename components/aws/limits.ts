/** What AWS would refuse half-way, or what cannot work on this node, asked before anything is made. */
import type { Address, Instance, NetworkInterface } from "@aws-sdk/client-ec2";
import { stackTag } from "../../settings/tagNames";
import { type Connection, ec2Client, ec2Sdk } from "./connection";
import { borderGroupFaults } from "./borderGroup";
import { askForMore, quotas } from "./quotas";
import { carriesGiven } from "./secondaryAddress";
import { routeFaults } from "./subnetRoute";

export interface Needs {
  networkInterfaceId: string;
  /** The user named the interface: others on the instance are theirs to know about. */
  interfaceNamed: boolean;
  /** Asked for by the user; a secondary address that the interface has already needs no room. */
  requestedIp?: string;
  /** Elastic IPs that the stack makes, unless they are in place already. */
  elasticIps: ElasticIps;
  /** `<project>/<stack>`, as in the tags: what carries it is there already. */
  stack: string;
  /** The user's Elastic IP that the stack uses. */
  allocationId?: string | undefined;
}

/** What Elastic IPs are for: the applications, the API. */
export type ElasticIps = readonly ("ingress" | "api")[];

/** Tags, and the beginning of descriptions, by which these mark interfaces whose secondary addresses they give to pods. */
const takers: readonly { name: string; tag: RegExp; description: RegExp }[] = [
  // https://github.com/aws/amazon-vpc-cni-k8s pkg/awsutils: eniNodeTagKey, eniClusterTagKey, eniDescriptionPrefix.
  { name: "the AmazonVPC CNI", tag: /^(node|cluster)\.k8s\.amazonaws\.com\//, description: /^aws-K8S-/i },
  // https://github.com/cilium/cilium pkg/aws/eni: "Cilium-CNI (<instance>)" and the garbage collector's tags.
  { name: "Cilium's ENI mode", tag: /^(io\.cilium\/|cilium\.io\/)/, description: /^Cilium-CNI/ },
];

/** Each says what was expected, what was found, and what to do. */
type Faults = string[];

/** A node whose CNI gives secondary addresses to pods. */
function cniFaults(interfaces: readonly NetworkInterface[]): Faults {
  for (const { TagSet = [], Description = "", NetworkInterfaceId } of interfaces) {
    const taker = takers.find(
      ({ tag, description }) => TagSet.some(({ Key = "" }) => tag.test(Key)) || description.test(Description),
    );
    if (taker)
      return [
        `expected a node whose CNI leaves secondary addresses alone, found ${taker.name} on ${NetworkInterfaceId}, which gives them to pods: ` +
          "this layout cannot work on this cluster; use another CNI mode or a load balancer",
      ];
  }
  return [];
}

/** A second interface, while no setting says which one is meant. */
function interfaceFaults(needs: Needs, instance: Instance, interfaces: readonly NetworkInterface[]): Faults {
  const { networkInterfaceId, interfaceNamed } = needs;
  const others = interfaces.map((each) => each.NetworkInterfaceId).filter((id) => id !== networkInterfaceId);
  if (interfaceNamed || others.length === 0) return [];
  return [
    `expected one network interface on ${instance.InstanceId}, found ${[networkInterfaceId, ...others].join(", ")}: ` +
      "name the one that carries the primary address with networkInterfaceId",
  ];
}

/**
 * Elastic IPs that count against the account's quota: not those that a service allocates for itself, as an Application Load Balancer does
 * (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Address.html, ServiceManaged).
 */
export const counted = (addresses: readonly Address[]): number =>
  addresses.filter(({ ServiceManaged }) => ServiceManaged === undefined).length;

/** Elastic IPs of the account: how many count, and which of the stack's own lead somewhere. One that leads nowhere may be left from a lost answer. */
async function elasticIpsOf(connection: Connection, stack: string) {
  const { Addresses = [] } = await ec2Client(connection).send(new (ec2Sdk().DescribeAddressesCommand)({}));
  const ours = Addresses.filter(
    ({ AssociationId, Tags = [] }) =>
      AssociationId !== undefined && Tags.some(({ Key, Value }) => Key === stackTag && Value === stack),
  );
  return { count: counted(Addresses), ours };
}
type AccountsElasticIps = Awaited<ReturnType<typeof elasticIpsOf>>;

/** A subnet that has no address left. Unknown to a principal without `ec2:DescribeSubnets`, which earlier policies lack. */
async function subnetFaults(connection: Connection, { SubnetId = "" }: NetworkInterface): Promise<Faults> {
  const asked = ec2Client(connection).send(new (ec2Sdk().DescribeSubnetsCommand)({ SubnetIds: [SubnetId] }));
  const { Subnets = [] } = await asked.catch((error: unknown) => {
    if ((error as Error).name === "UnauthorizedOperation") return { Subnets: [] };
    throw error;
  });
  const [subnet] = Subnets;
  if (subnet?.AvailableIpAddressCount !== 0) return [];
  return [
    `expected a free address in ${SubnetId}, found none left in ${subnet.CidrBlock}: delete a network interface that is not in use ` +
      `(aws ec2 describe-network-interfaces --filters Name=subnet-id,Values=${SubnetId} Name=status,Values=available), or unassign an address`,
  ];
}

/** No room on the interface, or in its subnet, for one more address. */
async function addressFaults(
  connection: Connection,
  needs: Needs,
  eni: NetworkInterface,
  type: NonNullable<Instance["InstanceType"]>,
  { ours }: AccountsElasticIps,
): Promise<Faults> {
  const { networkInterfaceId, requestedIp } = needs;
  const addresses = (eni.PrivateIpAddresses ?? []).map(({ PrivateIpAddress }) => PrivateIpAddress);
  // A node that kOps has replaced has taken the address and its Elastic IP already; the user's may be on one.
  const present = requestedIp
    ? addresses.includes(requestedIp)
    : ours.some(
        ({ NetworkInterfaceId, PrivateIpAddress }) =>
          NetworkInterfaceId === networkInterfaceId && PrivateIpAddress !== eni.PrivateIpAddress,
      ) || (eni.PrivateIpAddresses ?? []).some((entry) => !entry.Primary && carriesGiven(needs, entry));
  if (present) return [];
  const { InstanceTypes = [] } = await ec2Client(connection).send(
    new (ec2Sdk().DescribeInstanceTypesCommand)({ InstanceTypes: [type] }),
  );
  const most = InstanceTypes[0]?.NetworkInfo?.Ipv4AddressesPerInterface ?? Number.POSITIVE_INFINITY;
  if (addresses.length < most) return subnetFaults(connection, eni);
  return [
    `expected room for one more address on ${networkInterfaceId}, found ${addresses.length} of the ${most} that a ` +
      `${type} may have (${addresses.join(", ")}): unassign one, name one of them with ` +
      "secondaryPrivateIp, or choose a larger instance type",
  ];
}

type Quota = "vpc-max-elastic-ips" | "vpc-max-security-groups-per-interface";

/** A quota of the account in this Region; no limit if AWS names none. */
async function quota(connection: Connection, name: Quota): Promise<number> {
  const { AccountAttributes = [] } = await ec2Client(connection).send(
    new (ec2Sdk().DescribeAccountAttributesCommand)({ AttributeNames: [name] as unknown as [] }),
  );
  const value = AccountAttributes.find(({ AttributeName }) => AttributeName === name)?.AttributeValues?.[0];
  return value?.AttributeValue === undefined ? Number.POSITIVE_INFINITY : Number(value.AttributeValue);
}

/** No room in the account for so many Elastic IPs beside those that there are. */
export async function quotaFaults(connection: Connection, missing: number, count: number): Promise<Faults> {
  if (missing === 0) return [];
  const most = await quota(connection, "vpc-max-elastic-ips");
  if (count + missing <= most) return [];
  return [
    `expected ${missing} more Elastic IP${missing === 1 ? "" : "s"} within the account's quota, found ${count} of ${most} in use: ` +
      `release one, or ${askForMore(quotas.elasticIps, count + missing, connection.region)}`,
  ];
}

/** No room in the account for the Elastic IPs that are still to be made. */
async function elasticIpFaults(
  connection: Connection,
  needs: Needs,
  eni: NetworkInterface,
  { count, ours }: AccountsElasticIps,
): Promise<Faults> {
  // The API's outlives the stack, on the primary address; no other is accepted there.
  const present = {
    api: eni.Association?.AllocationId !== undefined,
    ingress: ours.some(({ AllocationId }) => AllocationId !== eni.Association?.AllocationId),
  };
  return quotaFaults(connection, needs.elasticIps.filter((purpose) => !present[purpose]).length, count);
}

/** @param groupIds what the interface has now; AWS is asked only where they are as many as may be too many */
export async function groupFaults(
  connection: Connection,
  { networkInterfaceId, stack }: Pick<Needs, "networkInterfaceId" | "stack">,
  groupIds: readonly string[],
): Promise<Faults> {
  // A quota can only be raised.
  if (groupIds.length < quotas.groups.standard) return [];
  const most = await quota(connection, "vpc-max-security-groups-per-interface");
  const { SecurityGroups: ours = [] } = await ec2Client(connection).send(
    new (ec2Sdk().DescribeSecurityGroupsCommand)({
      Filters: [
        { Name: "group-id", Values: [...groupIds] },
        { Name: `tag:${stackTag}`, Values: [stack] },
      ],
    }),
  );
  if (groupIds.length - ours.length < most) return [];
  return [
    `expected room for one more security group on ${networkInterfaceId}, found ${groupIds.length} of ${most}: ` +
      `detach one, or ${askForMore(quotas.groups, groupIds.length + 1, connection.region)}`,
  ];
}

/** The interface, the instance that it is on, and all interfaces there; undefined if it is on none. */
async function lookAtInstance(connection: Connection, networkInterfaceId: string) {
  const sdk = ec2Sdk();
  const client = ec2Client(connection);
  const { NetworkInterfaces: [eni] = [] } = await client.send(
    new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [networkInterfaceId] }),
  );
  const id = eni?.Attachment?.InstanceId;
  if (!id) return undefined;
  const { Reservations } = await client.send(new sdk.DescribeInstancesCommand({ InstanceIds: [id] }));
  const instance = Reservations?.[0]?.Instances?.[0];
  if (!instance?.InstanceType) return undefined;
  const { NetworkInterfaces: interfaces = [] } = await client.send(
    new sdk.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "attachment.instance-id", Values: [id] }] }),
  );
  return { eni, instance, type: instance.InstanceType, interfaces };
}

/** Everything that stands in the way of a secondary address on an interface that has none of the stack's yet. */
export async function limitFaults(connection: Connection, needs: Needs): Promise<Faults> {
  const { networkInterfaceId, stack } = needs;
  const found = await lookAtInstance(connection, networkInterfaceId);
  if (!found) {
    return [`expected ${networkInterfaceId} on a running instance, found it on none: name the node's interface`];
  }
  const { eni, instance, type, interfaces } = found;
  const elasticIps = await elasticIpsOf(connection, stack);
  const groupIds = (eni.Groups ?? []).map(({ GroupId = "" }) => GroupId);
  return [
    ...cniFaults(interfaces),
    ...(await routeFaults(connection, { subnetId: eni.SubnetId ?? "", vpcId: eni.VpcId ?? "" })),
    ...borderGroupFaults(eni.AvailabilityZone, needs.elasticIps),
    ...interfaceFaults(needs, instance, interfaces),
    ...(await addressFaults(connection, needs, eni, type, elasticIps)),
    ...(await elasticIpFaults(connection, needs, eni, elasticIps)),
    ...(await groupFaults(connection, needs, groupIds)),
  ];
}

/** The quota of Elastic IPs alone, for a stack that is in place and may have to have one more. */
export async function elasticIpLimitFaults(connection: Connection, needs: Needs): Promise<Faults> {
  if (needs.elasticIps.length === 0) return [];
  const { NetworkInterfaces: [eni] = [] } = await ec2Client(connection).send(
    new (ec2Sdk().DescribeNetworkInterfacesCommand)({ NetworkInterfaceIds: [needs.networkInterfaceId] }),
  );
  return eni ? elasticIpFaults(connection, needs, eni, await elasticIpsOf(connection, needs.stack)) : [];
}
