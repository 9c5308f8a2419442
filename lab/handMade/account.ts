/** The layout's part in AWS, as an administrator makes it: nothing of it carries a tag of ours. */
import { labCluster, labDomain, labInstanceId, labZoneId } from "../cloud/labAccount";
import type { KeptLab } from "../keptLab";
import { type Layout, secondary } from "./layout";

/** The ID of the node's only interface. */
async function findInterface({ aws }: KeptLab): Promise<string> {
  const { NetworkInterfaces } = (await aws("DescribeNetworkInterfacesCommand", {
    Filters: [{ Name: "attachment.instance-id", Values: [labInstanceId] }],
  })) as { NetworkInterfaces: { NetworkInterfaceId: string }[] };
  const [found] = NetworkInterfaces;
  if (!found) throw new Error(`expected an interface of ${labInstanceId}, found none`);
  return found.NetworkInterfaceId;
}

/** Opens ports to everybody in kOps' own group, unless kOps has. */
async function openPorts({ aws }: KeptLab, ports: readonly number[]): Promise<void> {
  const { SecurityGroups } = (await aws("DescribeSecurityGroupsCommand", {
    Filters: [{ Name: "group-name", Values: [`masters.${labCluster}`] }],
  })) as { SecurityGroups: { GroupId: string }[] };
  for (const port of ports)
    await aws("AuthorizeSecurityGroupIngressCommand", {
      GroupId: SecurityGroups[0]?.GroupId,
      IpPermissions: [{ IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
    }).catch((error: unknown) => {
      if (!/InvalidPermission\.Duplicate/.test(String(error))) throw error;
    });
}

async function giveElasticIp(
  { aws, route53 }: KeptLab,
  networkInterfaceId: string,
): Promise<NonNullable<Layout["elasticIp"]>> {
  const { AllocationId: allocationId, PublicIp: publicIp } = (await aws("AllocateAddressCommand", {
    Domain: "vpc",
  })) as { AllocationId: string; PublicIp: string };
  const { AssociationId: associationId } = (await aws("AssociateAddressCommand", {
    AllocationId: allocationId,
    NetworkInterfaceId: networkInterfaceId,
    PrivateIpAddress: secondary.address,
  })) as { AssociationId: string };
  const record = { Name: `${labDomain}.`, Type: "A", TTL: 300, ResourceRecords: [{ Value: publicIp }] };
  await route53("ChangeResourceRecordSetsCommand", {
    HostedZoneId: labZoneId,
    ChangeBatch: { Changes: [{ Action: "UPSERT", ResourceRecordSet: record }] },
  });
  return { publicIp, allocationId, associationId };
}

export async function arrangeAccount(
  kept: KeptLab,
  elasticIp: boolean,
): Promise<Pick<Layout, "networkInterfaceId" | "elasticIp">> {
  const networkInterfaceId = await findInterface(kept);
  await kept.aws("AssignPrivateIpAddressesCommand", {
    NetworkInterfaceId: networkInterfaceId,
    PrivateIpAddresses: [secondary.address],
  });
  await openPorts(kept, [80, 443]);
  return elasticIp
    ? { networkInterfaceId, elasticIp: await giveElasticIp(kept, networkInterfaceId) }
    : { networkInterfaceId };
}
