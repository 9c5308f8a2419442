/** What the account has for the node: its interface, the addresses on it and who reaches them. Describe calls only. */
import type { NetworkInterface, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { type Connection, ec2Client, ec2Sdk } from "../../components/aws/connection";
import type { Settings } from "../../settings/read";
import { clientPorts } from "../../settings/ports";
import { roleTags, stackTag } from "../../settings/tagNames";

export interface ElasticIp {
  publicIp: string;
  allocationId: string;
  associationId: string;
  /** The stack of this program that allocated it; `""` for none. */
  stack: string;
}

/** A secondary private address of the interface. */
export interface SecondaryAddress {
  privateIp: string;
  elasticIp?: ElasticIp;
}

/** A rule for 80 or 443 that is not of this program. */
export interface OpenPort {
  securityGroupId: string;
  port: number;
  cidr: string;
}

export interface Account {
  instanceId: string;
  networkInterfaceId: string;
  primaryPrivateIp: string;
  /** `""` if the primary address has none. */
  publicIp: string;
  secondaries: SecondaryAddress[];
  openPorts: OpenPort[];
}

/** Milliseconds for all calls together. */
const patience = 15_000;

type Search = Pick<Settings, "clusterName" | "networkInterfaceId">;

/** Sends a command of the SDK. */
function sender(connection: Connection) {
  const client = ec2Client(connection, { attempts: 3 });
  const options = { abortSignal: AbortSignal.timeout(patience) };
  const sdk = ec2Sdk();
  return {
    instances: (input: object) => client.send(new sdk.DescribeInstancesCommand(input), options),
    interfaces: (input: object) => client.send(new sdk.DescribeNetworkInterfacesCommand(input), options),
    addresses: () => client.send(new sdk.DescribeAddressesCommand({}), options),
    rules: (input: object) => client.send(new sdk.DescribeSecurityGroupRulesCommand(input), options),
  };
}
type Sender = ReturnType<typeof sender>;

async function findInstance({ instances }: Sender, clusterName: string): Promise<string> {
  const { Reservations = [] } = await instances({
    Filters: [
      { Name: "tag:KubernetesCluster", Values: [clusterName] },
      { Name: "tag-key", Values: roleTags.controlPlane },
      { Name: "instance-state-name", Values: ["running"] },
    ],
  });
  const running = Reservations.flatMap(({ Instances = [] }) => Instances.flatMap(({ InstanceId }) => InstanceId ?? []));
  const [instanceId, another] = running.toSorted();
  if (instanceId !== undefined && another === undefined) return instanceId;
  throw new Error(
    `expected exactly one running control-plane instance tagged KubernetesCluster=${clusterName}, found ` +
      (another === undefined
        ? "none: check clusterName, aws:region and the AWS account"
        : `${running.toSorted().join(", ")}: name the node's network interface with networkInterfaceId`),
  );
}

async function findInterface(send: Sender, { clusterName, networkInterfaceId }: Search): Promise<NetworkInterface> {
  const { NetworkInterfaces = [] } = await send.interfaces(
    networkInterfaceId === undefined
      ? {
          Filters: [
            { Name: "attachment.instance-id", Values: [await findInstance(send, clusterName)] },
            { Name: "attachment.device-index", Values: ["0"] },
          ],
        }
      : { NetworkInterfaceIds: [networkInterfaceId] },
  );
  const [eni] = NetworkInterfaces;
  if (eni?.Attachment?.InstanceId && eni.PrivateIpAddress) return eni;
  throw new Error(
    `networkInterfaceId: expected an interface with an IPv4 address that is attached to the node, found ` +
      `${eni?.NetworkInterfaceId ?? "none"}`,
  );
}

/** Rules of the interface's groups that let IPv4 ranges reach the applications' ports, without this program's own. */
function openPortsBy(rules: readonly SecurityGroupRule[]): OpenPort[] {
  return Object.values(clientPorts).flatMap((port) =>
    rules
      .filter(
        ({ IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4, Tags = [] }) =>
          !IsEgress &&
          IpProtocol === "tcp" &&
          FromPort === port &&
          ToPort === port &&
          CidrIpv4 !== undefined &&
          !Tags.some(({ Key }) => Key === stackTag),
      )
      .map(({ GroupId = "", CidrIpv4 = "" }) => ({ securityGroupId: GroupId, port, cidr: CidrIpv4 })),
  );
}

/** @throws if there is no such node, or AWS does not answer */
export async function askAccount(connection: Connection, search: Search): Promise<Account> {
  const send = sender(connection);
  const [eni, { Addresses = [] }] = await Promise.all([findInterface(send, search), send.addresses()]);
  const groups = (eni.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
  const { SecurityGroupRules = [] } =
    groups.length > 0 ? await send.rules({ Filters: [{ Name: "group-id", Values: groups }] }) : {};
  const stackOf = (allocationId: string): string =>
    Addresses.find(({ AllocationId }) => AllocationId === allocationId)?.Tags?.find(({ Key }) => Key === stackTag)
      ?.Value ?? "";
  const entries = eni.PrivateIpAddresses ?? [];
  return {
    instanceId: eni.Attachment?.InstanceId ?? "",
    networkInterfaceId: eni.NetworkInterfaceId ?? "",
    primaryPrivateIp: eni.PrivateIpAddress ?? "",
    publicIp: entries.find(({ Primary }) => Primary)?.Association?.PublicIp ?? "",
    secondaries: entries
      .filter(({ Primary }) => !Primary)
      .map(({ PrivateIpAddress: privateIp = "", Association = {} }) => {
        const { PublicIp: publicIp = "", AllocationId: allocationId, AssociationId: associationId = "" } = Association;
        return allocationId === undefined
          ? { privateIp }
          : { privateIp, elasticIp: { publicIp, allocationId, associationId, stack: stackOf(allocationId) } };
      }),
    openPorts: openPortsBy(SecurityGroupRules),
  };
}
