/** Network interfaces: their private and public addresses and their security groups. */
import { z } from "zod";
import type { Account, NetworkInterface } from "../account";
import type { Answer } from "../action";
import { AwsError, invalidValue, notFound } from "../errors";
import { filterBy, type FilterTable } from "../filters";
import { page } from "../paging";
import { list } from "../parameters";
import { ec2Change, ec2List, withIds } from "./ec2Action";
import { privateDnsName, publicDnsName } from "./names";
import { tagSet } from "./tags";

/** Default quota of security groups per network interface. */
export const maximumGroups = 5;

/** @throws AwsError if there is none */
export function findNetworkInterface(account: Account, id: string): NetworkInterface {
  const found = account.networkInterfaces.find(({ networkInterfaceId }) => networkInterfaceId === id);
  if (!found) throw notFound("networkInterface", id);
  return found;
}

interface PublicAddress {
  publicIp: string;
  /** `amazon` for an address assigned at launch. */
  ipOwnerId: string;
  allocationId?: string;
  associationId?: string;
}

/** The public address of a private one: the Elastic IP, or else the address assigned at launch. */
export function publicAddressOf(
  account: Account,
  { networkInterfaceId, privateIps }: NetworkInterface,
  privateIpAddress: string,
): PublicAddress | undefined {
  for (const { association, allocationId, publicIp } of account.addresses) {
    if (association?.networkInterfaceId !== networkInterfaceId || association.privateIpAddress !== privateIpAddress)
      continue;
    return { publicIp, ipOwnerId: account.accountId, allocationId, associationId: association.associationId };
  }
  const publicIp = privateIps.find((ip) => ip.privateIpAddress === privateIpAddress)?.autoPublicIp;
  return publicIp === undefined ? undefined : { publicIp, ipOwnerId: "amazon" };
}

export function primaryAddress({ networkInterfaceId, privateIps }: NetworkInterface): string {
  const primary = privateIps.find((ip) => ip.primary);
  if (!primary) throw new Error(`The lab's network interface ${networkInterfaceId} has no primary address.`);
  return primary.privateIpAddress;
}

export function groupSet(account: Account, { securityGroupIds }: NetworkInterface): Answer[] {
  return securityGroupIds.map((groupId) => ({
    groupId,
    groupName: account.securityGroups.find((group) => group.groupId === groupId)?.groupName,
  }));
}

/** The `association` element; absent if there is no public address. */
export function associationData(
  account: Account,
  networkInterface: NetworkInterface,
  privateIpAddress: string,
): Answer | undefined {
  const address = publicAddressOf(account, networkInterface, privateIpAddress);
  return address && { ...address, publicDnsName: publicDnsName(account.region, address.publicIp) };
}

export function privateIpAddressesSet(account: Account, networkInterface: NetworkInterface): Answer[] {
  return networkInterface.privateIps.map(({ privateIpAddress, primary }) => ({
    privateIpAddress,
    privateDnsName: privateDnsName(account.region, privateIpAddress),
    primary,
    association: associationData(account, networkInterface, privateIpAddress),
  }));
}

const zoneOf = (account: Account, subnetId: string): string | undefined =>
  account.subnets.find((subnet) => subnet.subnetId === subnetId)?.availabilityZone;

const launchTime = (account: Account, { attachment }: NetworkInterface): string | undefined =>
  account.instances.find(({ instanceId }) => instanceId === attachment?.instanceId)?.launchTime;

function networkInterfaceData(account: Account, networkInterface: NetworkInterface): Answer {
  const { attachment } = networkInterface;
  const privateIpAddress = primaryAddress(networkInterface);
  return {
    networkInterfaceId: networkInterface.networkInterfaceId,
    subnetId: networkInterface.subnetId,
    vpcId: networkInterface.vpcId,
    availabilityZone: zoneOf(account, networkInterface.subnetId),
    description: networkInterface.description,
    ownerId: account.accountId,
    requesterManaged: false,
    status: attachment ? "in-use" : "available",
    interfaceType: "interface",
    macAddress: networkInterface.macAddress,
    privateIpAddress,
    privateDnsName: privateDnsName(account.region, privateIpAddress),
    sourceDestCheck: true,
    groupSet: groupSet(account, networkInterface),
    attachment: attachment && {
      ...attachment,
      instanceOwnerId: account.accountId,
      networkCardIndex: 0,
      status: "attached",
      attachTime: launchTime(account, networkInterface),
      deleteOnTermination: true,
    },
    association: associationData(account, networkInterface, privateIpAddress),
    privateIpAddressesSet: privateIpAddressesSet(account, networkInterface),
    ipv6AddressesSet: [],
    tagSet: tagSet(networkInterface.tags),
  };
}

function filters(account: Account): FilterTable<NetworkInterface> {
  const { accountId, region } = account;
  const ofEach =
    (name: keyof PublicAddress) =>
    (networkInterface: NetworkInterface): (string | undefined)[] =>
      networkInterface.privateIps.map(
        ({ privateIpAddress }) => publicAddressOf(account, networkInterface, privateIpAddress)?.[name],
      );
  const publicNames = (networkInterface: NetworkInterface): string[] =>
    ofEach("publicIp")(networkInterface).flatMap((address) => (address ? publicDnsName(region, address) : []));
  return {
    "addresses.association.owner-id": ofEach("ipOwnerId"),
    "addresses.association.public-ip": ofEach("publicIp"),
    "addresses.primary": ({ privateIps }) => privateIps.map(({ primary }) => primary),
    "addresses.private-ip-address": ({ privateIps }) => privateIps.map(({ privateIpAddress }) => privateIpAddress),
    "association.allocation-id": ofEach("allocationId"),
    "association.association-id": ofEach("associationId"),
    "association.ip-owner-id": ofEach("ipOwnerId"),
    "association.public-dns-name": publicNames,
    "association.public-ip": ofEach("publicIp"),
    "attachment.attach-time": (networkInterface) => launchTime(account, networkInterface),
    "attachment.attachment-id": ({ attachment }) => attachment?.attachmentId,
    "attachment.delete-on-termination": ({ attachment }) => attachment && true,
    "attachment.device-index": ({ attachment }) => attachment?.deviceIndex,
    "attachment.instance-id": ({ attachment }) => attachment?.instanceId,
    "attachment.instance-owner-id": ({ attachment }) => attachment && accountId,
    "attachment.status": ({ attachment }) => attachment && "attached",
    "availability-zone": ({ subnetId }) => zoneOf(account, subnetId),
    description: ({ description }) => description,
    "group-id": ({ securityGroupIds }) => securityGroupIds,
    "group-name": (networkInterface) => groupSet(account, networkInterface).map(({ groupName }) => String(groupName)),
    "interface-type": () => "interface",
    "ipv6-addresses.ipv6-address": () => [],
    "mac-address": ({ macAddress }) => macAddress,
    "network-interface-id": ({ networkInterfaceId }) => networkInterfaceId,
    "owner-id": () => accountId,
    "private-dns-name": (networkInterface) => privateDnsName(region, primaryAddress(networkInterface)),
    "private-ip-address": ({ privateIps }) => privateIps.map(({ privateIpAddress }) => privateIpAddress),
    "requester-id": () => undefined,
    "requester-managed": () => false,
    "source-dest-check": () => true,
    status: ({ attachment }) => (attachment ? "in-use" : "available"),
    "subnet-id": ({ subnetId }) => subnetId,
    "vpc-id": ({ vpcId }) => vpcId,
  };
}

export const describeNetworkInterfaces = ec2List({ NetworkInterfaceId: list(z.string()) }, (account, request) => {
  const named = withIds(
    account.networkInterfaces,
    request.NetworkInterfaceId,
    ({ networkInterfaceId }) => networkInterfaceId,
    (id) => notFound("networkInterface", id),
  );
  const { items, nextToken } = page(filterBy(named, request.Filter, filters(account)), request);
  return { networkInterfaceSet: items.map((item) => networkInterfaceData(account, item)), nextToken };
});

/** Replaces the complete set of security groups, or the description. */
export const modifyNetworkInterfaceAttribute = ec2Change(
  {
    NetworkInterfaceId: z.string(),
    SecurityGroupId: list(z.string()),
    Description: z.strictObject({ Value: z.string() }).optional(),
  },
  (account, request) => {
    const networkInterface = findNetworkInterface(account, request.NetworkInterfaceId);
    const groups = [...new Set(request.SecurityGroupId)];
    const given = (groups.length > 0 ? 1 : 0) + (request.Description ? 1 : 0);
    // The Query protocol omits an empty list, so this also rejects removing the last security group.
    if (given === 0) throw new AwsError("InvalidParameterCombination", "No attributes specified.");
    if (given > 1) throw new AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified.");
    if (request.Description) networkInterface.description = request.Description.Value;
    if (groups.length === 0) return { return: true };
    for (const id of groups) {
      const group = account.securityGroups.find(({ groupId }) => groupId === id);
      if (!group) throw notFound("group", id);
      if (group.vpcId !== networkInterface.vpcId)
        throw invalidValue("You have specified two resources that belong to different networks.");
    }
    if (groups.length > maximumGroups)
      throw new AwsError(
        "SecurityGroupsPerInterfaceLimitExceeded",
        "The maximum number of security groups per interface has been reached.",
      );
    networkInterface.securityGroupIds = groups;
    return { return: true };
  },
);
