/** What AWS would refuse half-way, or what cannot work on this node, asked before anything is made. */
import type { Instance, NetworkInterface } from "@aws-sdk/client-ec2";
import { type Connection, ec2Client, ec2Sdk } from "./connection";

export interface Needs {
  networkInterfaceId: string;
  /** The user named the interface: others on the instance are theirs to know about. */
  interfaceNamed: boolean;
  /** Asked for by the user; a secondary address that the interface has already needs no room. */
  requestedIp?: string;
  /** Elastic IPs that the stack is to have, 1 or 2. */
  elasticIps: number;
  /** The stack as its tag `kops-secondary-ingress:stack` names it: what carries it is there already. */
  stack: string;
}

/** Tags, and the beginning of descriptions, by which these mark interfaces whose secondary addresses they give to pods. */
const takers: readonly { name: string; tag: RegExp; description: RegExp }[] = [
  // https://github.com/aws/amazon-vpc-cni-k8s pkg/awsutils: eniNodeTagKey, eniClusterTagKey, eniDescriptionPrefix.
  { name: "the AmazonVPC CNI", tag: /^(node|cluster)\.k8s\.amazonaws\.com\//, description: /^aws-K8S-/i },
  // https://github.com/cilium/cilium pkg/aws/eni: "Cilium-CNI (<instance>)" and the garbage collector's tags.
  { name: "Cilium's ENI mode", tag: /^(io\.cilium\/|cilium\.io\/)/, description: /^Cilium-CNI/ },
];

function takerOf(interfaces: readonly NetworkInterface[]): string | undefined {
  for (const { TagSet = [], Description = "", NetworkInterfaceId } of interfaces) {
    const taker = takers.find(
      ({ tag, description }) => TagSet.some(({ Key = "" }) => tag.test(Key)) || description.test(Description),
    );
    if (taker) return `${taker.name} on ${NetworkInterfaceId}`;
  }
  return undefined;
}

/** The account's quotas in this Region; `undefined` where AWS names none. */
async function quotas(connection: Connection): Promise<(name: string) => number | undefined> {
  const sdk = ec2Sdk();
  const names = ["vpc-max-elastic-ips", "vpc-max-security-groups-per-interface"] as const;
  const { AccountAttributes = [] } = await ec2Client(connection).send(
    new sdk.DescribeAccountAttributesCommand({ AttributeNames: names as unknown as [] }),
  );
  return (name) => {
    const value = AccountAttributes.find(({ AttributeName }) => AttributeName === name)?.AttributeValues?.[0];
    return value?.AttributeValue === undefined ? undefined : Number(value.AttributeValue);
  };
}

async function instanceOf(connection: Connection, eni: NetworkInterface): Promise<Instance | undefined> {
  const sdk = ec2Sdk();
  const id = eni.Attachment?.InstanceId;
  if (!id) return undefined;
  const answer = await ec2Client(connection).send(new sdk.DescribeInstancesCommand({ InstanceIds: [id] }));
  return answer.Reservations?.[0]?.Instances?.[0];
}

/** @returns each thing that stands in the way: what was expected, what was found, what to do */
export async function limitFaults(connection: Connection, needs: Needs): Promise<string[]> {
  const sdk = ec2Sdk();
  const client = ec2Client(connection);
  const faults: string[] = [];
  const expect = (right: boolean, fault: string): void => {
    if (!right) faults.push(fault);
  };
  const { networkInterfaceId } = needs;
  const described = await client.send(
    new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [networkInterfaceId] }),
  );
  const [eni] = described.NetworkInterfaces ?? [];
  const instance = eni && (await instanceOf(connection, eni));
  if (!eni || !instance?.InstanceId || !instance.InstanceType) {
    return [`expected ${networkInterfaceId} on a running instance, found it on none: name the node's interface`];
  }
  const { NetworkInterfaces: all = [] } = await client.send(
    new sdk.DescribeNetworkInterfacesCommand({
      Filters: [{ Name: "attachment.instance-id", Values: [instance.InstanceId] }],
    }),
  );

  const taker = takerOf(all);
  expect(
    taker === undefined,
    `expected a node whose CNI leaves secondary addresses alone, found ${taker}, which gives them to pods: ` +
      "this layout cannot work on this cluster; use another CNI mode or a load balancer",
  );
  const others = all.map((each) => each.NetworkInterfaceId).filter((id) => id !== networkInterfaceId);
  expect(
    needs.interfaceNamed || others.length === 0,
    `expected one network interface on ${instance.InstanceId}, found ${[networkInterfaceId, ...others].join(", ")}: ` +
      "name the one that carries the primary address with networkInterfaceId",
  );

  const { Addresses = [] } = await client.send(new sdk.DescribeAddressesCommand({}));
  const ours = Addresses.filter(({ Tags = [] }) =>
    Tags.some(({ Key, Value }) => Key === "kops-secondary-ingress:stack" && Value === needs.stack),
  );
  const addresses = (eni.PrivateIpAddresses ?? []).map(({ PrivateIpAddress }) => PrivateIpAddress);
  // A node that kOps has replaced has taken the address and its Elastic IP already.
  const present = needs.requestedIp
    ? addresses.includes(needs.requestedIp)
    : ours.some(
        ({ NetworkInterfaceId, PrivateIpAddress }) =>
          NetworkInterfaceId === networkInterfaceId && PrivateIpAddress !== eni.PrivateIpAddress,
      );
  if (!present) {
    const { InstanceTypes = [] } = await client.send(
      new sdk.DescribeInstanceTypesCommand({ InstanceTypes: [instance.InstanceType] }),
    );
    const most = InstanceTypes[0]?.NetworkInfo?.Ipv4AddressesPerInterface ?? Number.POSITIVE_INFINITY;
    expect(
      addresses.length < most,
      `expected room for one more address on ${networkInterfaceId}, found ${addresses.length} of the ${most} that a ` +
        `${instance.InstanceType} may have (${addresses.join(", ")}): unassign one, name one of them with ` +
        "secondaryPrivateIp, or choose a larger instance type",
    );
  }

  const quota = await quotas(connection);
  const most = quota("vpc-max-elastic-ips");
  const missing = Math.max(0, needs.elasticIps - ours.length);
  expect(
    most === undefined || Addresses.length + missing <= most,
    `expected ${missing} more Elastic IP within the account's quota, found ${Addresses.length} of ${most} in use: ` +
      "release one, or ask AWS for more (Service Quotas, EC2-VPC Elastic IPs)",
  );
  const groups = eni.Groups ?? [];
  const mostGroups = quota("vpc-max-security-groups-per-interface");
  const ourGroups = await client.send(
    new sdk.DescribeSecurityGroupsCommand({
      Filters: [
        { Name: "group-id", Values: groups.map(({ GroupId }) => GroupId ?? "") },
        { Name: "tag:kops-secondary-ingress:stack", Values: [needs.stack] },
      ],
    }),
  );
  expect(
    mostGroups === undefined || groups.length - (ourGroups.SecurityGroups?.length ?? 0) < mostGroups,
    `expected room for one more security group on ${networkInterfaceId}, found ${groups.length} of ${mostGroups}: ` +
      "detach one, or ask AWS for more (Service Quotas, VPC)",
  );
  return faults;
}
