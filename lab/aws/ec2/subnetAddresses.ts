/** The addresses of an IPv4 subnet that AWS assigns to network interfaces: all but the first four and the last. */
import ipaddr from "ipaddr.js";
import { covers } from "../../../settings/ranges";
import { invalidValue } from "../errors";

const toNumber = (address: string): number =>
  ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((number, byte) => number * 256 + byte, 0);

const toAddress = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

interface Range {
  /** First and last assignable address, as numbers. */
  first: number;
  last: number;
}

function usableRange(cidrBlock: string): Range {
  const [, prefix] = ipaddr.IPv4.parseCIDR(cidrBlock);
  const network = toNumber(ipaddr.IPv4.networkAddressFromCIDR(cidrBlock).toString());
  return { first: network + 4, last: network + 2 ** (32 - prefix) - 2 };
}

/** Number of assignable addresses. */
export function subnetCapacity(cidrBlock: string): number {
  const { first, last } = usableRange(cidrBlock);
  return last - first + 1;
}

/** @throws AwsError `InvalidParameterValue` if the address is malformed, outside the subnet or reserved */
export function checkSubnetAddress(cidrBlock: string, address: string): void {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address))
    throw invalidValue(`invalid value for parameter address: ${address}`);
  if (!covers(cidrBlock, address))
    throw invalidValue(`Address ${address} does not fall within the subnet's address range ${cidrBlock}`);
  const { first, last } = usableRange(cidrBlock);
  const number = toNumber(address);
  if (number < first || number > last) throw invalidValue(`Address ${address} is in subnet's reserved address range`);
}

/** The lowest free addresses of a subnet, up to `count`. */
export function freeAddresses(cidrBlock: string, taken: readonly string[], count: number): string[] {
  const { first, last } = usableRange(cidrBlock);
  const occupied = new Set(taken.map(toNumber));
  const free: string[] = [];
  for (let number = first; number <= last && free.length < count; number++)
    if (!occupied.has(number)) free.push(toAddress(number));
  return free;
}
