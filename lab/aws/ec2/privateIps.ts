/** Secondary private addresses of a network interface. */
import { z } from "zod";
import type { Account, NetworkInterface } from "../account";
import { AwsError, invalidValue, missingParameter, notFound } from "../errors";
import { boolean, integer, list, someOf } from "../parameters";
import { ec2Change } from "./ec2Action";
import { addressesPerInterface } from "./instanceTypes";
import { findNetworkInterface } from "./networkInterfaces";
import { checkSubnetAddress, freeAddresses } from "./subnetAddresses";

const has = ({ privateIps }: NetworkInterface, address: string): boolean =>
  privateIps.some(({ privateIpAddress }) => privateIpAddress === address);

/** @throws AwsError if an address cannot be assigned to `target` */
function checkAssignable(
  account: Account,
  target: NetworkInterface,
  cidrBlock: string,
  address: string,
  allowReassignment: boolean,
): void {
  checkSubnetAddress(cidrBlock, address);
  const holder = account.networkInterfaces.find((other) => other.subnetId === target.subnetId && has(other, address));
  if (!holder || holder === target) return;
  if (!allowReassignment) throw invalidValue(`[${address}] assigned, but move is not allowed.`);
  if (holder.privateIps.some(({ privateIpAddress, primary }) => primary && privateIpAddress === address))
    throw invalidValue(`The address ${address} is a primary address and cannot be reassigned.`);
}

/** Moves an address from its current interface, with its Elastic IP. */
function move(account: Account, target: NetworkInterface, address: string): void {
  for (const holder of account.networkInterfaces.filter((other) => has(other, address)))
    holder.privateIps = holder.privateIps.filter(({ privateIpAddress }) => privateIpAddress !== address);
  target.privateIps.push({ privateIpAddress: address, primary: false });
  for (const { association } of account.addresses)
    if (association?.privateIpAddress === address) association.networkInterfaceId = target.networkInterfaceId;
}

/** The response lists only the new assignments. */
export const assignPrivateIpAddresses = ec2Change(
  {
    NetworkInterfaceId: z.string(),
    PrivateIpAddress: list(z.string()),
    SecondaryPrivateIpAddressCount: integer.optional(),
    AllowReassignment: boolean.optional(),
  },
  (account, request) => {
    const target = findNetworkInterface(account, request.NetworkInterfaceId);
    const { PrivateIpAddress: named, SecondaryPrivateIpAddressCount: count } = request;
    if (named.length > 0 && count !== undefined)
      throw new AwsError(
        "InvalidParameterCombination",
        "The parameters privateIpAddress and secondaryPrivateIpAddressCount cannot be used together.",
      );
    if (named.length === 0 && count === undefined) throw missingParameter("privateIpAddress");
    if (count !== undefined && count < 1)
      throw invalidValue(`Invalid value '${count}' for secondaryPrivateIpAddressCount`);
    const subnet = account.subnets.find(({ subnetId }) => subnetId === target.subnetId);
    if (!subnet) throw notFound("subnet", target.subnetId);
    const { cidrBlock } = subnet;

    for (const address of named)
      checkAssignable(account, target, cidrBlock, address, request.AllowReassignment ?? false);
    const fresh = [...new Set(named)].filter((address) => !has(target, address));

    const instance = account.instances.find(({ instanceId }) => instanceId === target.attachment?.instanceId);
    const limit = instance ? addressesPerInterface(instance.instanceType) : Number.POSITIVE_INFINITY;
    if (target.privateIps.length + (count ?? fresh.length) > limit)
      throw new AwsError("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.");

    if (count !== undefined) {
      const taken = account.networkInterfaces
        .filter(({ subnetId }) => subnetId === subnet.subnetId)
        .flatMap(({ privateIps }) => privateIps.map(({ privateIpAddress }) => privateIpAddress));
      fresh.push(...freeAddresses(cidrBlock, taken, count));
      if (fresh.length < count)
        throw new AwsError(
          "InsufficientFreeAddressesInSubnet",
          `There are not enough free addresses in subnet '${subnet.subnetId}' to satisfy the request.`,
        );
    }
    for (const address of fresh) move(account, target, address);
    return {
      networkInterfaceId: target.networkInterfaceId,
      assignedPrivateIpAddressesSet: fresh.map((privateIpAddress) => ({ privateIpAddress })),
      return: true,
    };
  },
);

export const unassignPrivateIpAddresses = ec2Change(
  { NetworkInterfaceId: z.string(), PrivateIpAddress: someOf(z.string()) },
  (account, request) => {
    const target = findNetworkInterface(account, request.NetworkInterfaceId);
    const { networkInterfaceId } = target;
    const leaving = request.PrivateIpAddress;
    if (leaving.some((address) => !has(target, address)))
      throw invalidValue(
        `Some of [${leaving.join(", ")}] addresses are not assigned to interface ${networkInterfaceId}`,
      );
    if (target.privateIps.some(({ primary, privateIpAddress }) => primary && leaving.includes(privateIpAddress)))
      throw invalidValue("The primary private IP address cannot be unassigned.");
    target.privateIps = target.privateIps.filter(({ privateIpAddress }) => !leaving.includes(privateIpAddress));
    for (const address of account.addresses) {
      const { association } = address;
      if (association?.networkInterfaceId === networkInterfaceId && leaving.includes(association.privateIpAddress))
        delete address.association;
    }
    return { return: true };
  },
);
