/** Instances, with the addresses of their network interfaces. */
import { z } from "zod";
import type { Account, Instance, NetworkInterface } from "../account";
import type { Answer } from "../action";
import { notFound } from "../errors";
import { filterBy, type FilterTable } from "../filters";
import { page } from "../paging";
import { list } from "../parameters";
import { ec2List, withIds } from "./ec2Action";
import { privateDnsName, publicDnsName } from "./names";
import { associationData, groupSet, primaryAddress, privateIpAddressesSet, publicAddressOf } from "./networkInterfaces";
import { tagSet } from "./tags";
import { blockDeviceMapping, rootDeviceName } from "./volumes";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html */
export const stateCodes: Record<Instance["state"], number> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** Ordered by device index: the primary interface is first. */
function interfacesOf(account: Account, { instanceId }: Instance): NetworkInterface[] {
  return account.networkInterfaces
    .filter(({ attachment }) => attachment?.instanceId === instanceId)
    .sort((a, b) => (a.attachment?.deviceIndex ?? 0) - (b.attachment?.deviceIndex ?? 0));
}

/** The addresses that DescribeInstances reports at the top level: those of the primary interface. */
function ownAddresses(account: Account, instance: Instance): { privateIp?: string; publicIp?: string } {
  const [primary] = interfacesOf(account, instance);
  if (!primary) return {};
  const privateIp = primaryAddress(primary);
  const publicIp = publicAddressOf(account, primary, privateIp)?.publicIp;
  return { privateIp, ...(publicIp === undefined ? {} : { publicIp }) };
}

const zoneOf = (account: Account, instance: Instance): string | undefined =>
  account.subnets.find(({ subnetId }) => subnetId === instance.subnetId)?.availabilityZone;

const reservationId = ({ instanceId }: Instance): string => instanceId.replace(/^i-/, "r-");

function instanceData(account: Account, instance: Instance): Answer {
  const { privateIp, publicIp } = ownAddresses(account, instance);
  const interfaces = interfacesOf(account, instance);
  const [primary] = interfaces;
  return {
    instanceId: instance.instanceId,
    instanceState: { code: stateCodes[instance.state], name: instance.state },
    instanceType: instance.instanceType,
    launchTime: instance.launchTime,
    amiLaunchIndex: 0,
    architecture: instance.instanceType.startsWith("t4g") ? "arm64" : "x86_64",
    hypervisor: "xen",
    virtualizationType: "hvm",
    monitoring: { state: "disabled" },
    placement: { availabilityZone: zoneOf(account, instance), tenancy: "default" },
    subnetId: instance.subnetId,
    vpcId: instance.vpcId,
    privateIpAddress: privateIp,
    privateDnsName: privateIp && privateDnsName(account.region, privateIp),
    ipAddress: publicIp,
    dnsName: publicIp && publicDnsName(account.region, publicIp),
    sourceDestCheck: true,
    rootDeviceName,
    rootDeviceType: "ebs",
    blockDeviceMapping: blockDeviceMapping(instance),
    groupSet: primary ? groupSet(account, primary) : [],
    networkInterfaceSet: interfaces.map((networkInterface) => ({
      networkInterfaceId: networkInterface.networkInterfaceId,
      subnetId: networkInterface.subnetId,
      vpcId: networkInterface.vpcId,
      description: networkInterface.description,
      ownerId: account.accountId,
      status: "in-use",
      macAddress: networkInterface.macAddress,
      interfaceType: "interface",
      privateIpAddress: primaryAddress(networkInterface),
      privateDnsName: privateDnsName(account.region, primaryAddress(networkInterface)),
      sourceDestCheck: true,
      groupSet: groupSet(account, networkInterface),
      attachment: {
        attachmentId: networkInterface.attachment?.attachmentId,
        deviceIndex: networkInterface.attachment?.deviceIndex,
        networkCardIndex: 0,
        status: "attached",
        attachTime: instance.launchTime,
        deleteOnTermination: true,
      },
      association: associationData(account, networkInterface, primaryAddress(networkInterface)),
      privateIpAddressesSet: privateIpAddressesSet(account, networkInterface),
      ipv6AddressesSet: [],
    })),
    tagSet: tagSet(instance.tags),
  };
}

function filters(account: Account): FilterTable<Instance> {
  const own = (name: keyof NetworkInterface) => (instance: Instance) =>
    interfacesOf(account, instance).map((networkInterface) => {
      const value = networkInterface[name];
      return typeof value === "string" ? value : undefined;
    });
  const groups = (instance: Instance): Answer[] => {
    const [primary] = interfacesOf(account, instance);
    return primary ? groupSet(account, primary) : [];
  };
  const groupIds = (instance: Instance): string[] => groups(instance).map(({ groupId }) => String(groupId));
  const groupNames = (instance: Instance): string[] => groups(instance).map(({ groupName }) => String(groupName));
  const dns = (address: string | undefined, name: typeof publicDnsName): string | undefined =>
    address && name(account.region, address);
  return {
    architecture: ({ instanceType }) => (instanceType.startsWith("t4g") ? "arm64" : "x86_64"),
    "availability-zone": (instance) => zoneOf(account, instance),
    "dns-name": (instance) => dns(ownAddresses(account, instance).publicIp, publicDnsName),
    "instance-id": ({ instanceId }) => instanceId,
    "instance-state-code": ({ state }) => stateCodes[state],
    "instance-state-name": ({ state }) => state,
    "instance-type": ({ instanceType }) => instanceType,
    "instance.group-id": groupIds,
    "instance.group-name": groupNames,
    "ip-address": (instance) => ownAddresses(account, instance).publicIp,
    "launch-time": ({ launchTime }) => launchTime,
    "network-interface.addresses.private-ip-address": (instance) =>
      interfacesOf(account, instance).flatMap(({ privateIps }) =>
        privateIps.map(({ privateIpAddress }) => privateIpAddress),
      ),
    "network-interface.attachment.device-index": (instance) =>
      interfacesOf(account, instance).map(({ attachment }) => attachment?.deviceIndex),
    "network-interface.group-id": (instance) =>
      interfacesOf(account, instance).flatMap(({ securityGroupIds }) => securityGroupIds),
    "network-interface.mac-address": own("macAddress"),
    "network-interface.network-interface-id": own("networkInterfaceId"),
    "network-interface.subnet-id": own("subnetId"),
    "network-interface.vpc-id": own("vpcId"),
    "owner-id": () => account.accountId,
    "private-dns-name": (instance) => dns(ownAddresses(account, instance).privateIp, privateDnsName),
    "private-ip-address": (instance) => ownAddresses(account, instance).privateIp,
    "reservation-id": reservationId,
    "subnet-id": ({ subnetId }) => subnetId,
    "vpc-id": ({ vpcId }) => vpcId,
  };
}

export const describeInstances = ec2List({ InstanceId: list(z.string()) }, (account, request) => {
  const named = withIds(
    account.instances,
    request.InstanceId,
    ({ instanceId }) => instanceId,
    (id) => notFound("instance", id),
  );
  const { items, nextToken } = page(filterBy(named, request.Filter, filters(account)), request);
  return {
    reservationSet: items.map((instance) => ({
      reservationId: reservationId(instance),
      ownerId: account.accountId,
      groupSet: [],
      instancesSet: [instanceData(account, instance)],
    })),
    nextToken,
  };
});
