/** Limits of the instance types that small kOps control planes use. */
import { z } from "zod";
import { AwsError } from "../errors";
import { list } from "../parameters";
import { ec2List, withIds } from "./ec2Action";
import { filterBy } from "../filters";
import { page } from "../paging";

interface InstanceType {
  instanceType: string;
  maximumNetworkInterfaces: number;
  /** Includes the primary address. */
  ipv4AddressesPerInterface: number;
  burstable: boolean;
  architecture: "x86_64" | "arm64";
}

/**
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/: type, maximum network interfaces, IPv4 addresses per
 * interface.
 */
const limits: readonly [type: string, networkInterfaces: number, addresses: number][] = [
  ...["t3", "t4g"].flatMap((family): [string, number, number][] => [
    [`${family}.nano`, 2, 2],
    [`${family}.micro`, 2, 2],
    [`${family}.small`, 3, 4],
    [`${family}.medium`, 3, 6],
    [`${family}.large`, 3, 12],
  ]),
  ["m5.large", 3, 10],
  ["m6i.large", 3, 10],
];

const instanceTypes: readonly InstanceType[] = limits.map(([instanceType, networkInterfaces, addresses]) => ({
  instanceType,
  maximumNetworkInterfaces: networkInterfaces,
  ipv4AddressesPerInterface: addresses,
  burstable: instanceType.startsWith("t"),
  architecture: instanceType.startsWith("t4g") ? "arm64" : "x86_64",
}));

const unknownType = (name: string): AwsError =>
  new AwsError("InvalidInstanceType", `The following supplied instance types do not exist: [${name}]`);

/** @throws AwsError if the lab does not know the type */
function findType(name: string): InstanceType {
  const found = instanceTypes.find(({ instanceType }) => instanceType === name);
  if (!found) throw unknownType(name);
  return found;
}

/**
 * Maximum IPv4 addresses per network interface, including the primary.
 * @throws AwsError if the lab does not know the type
 */
export const addressesPerInterface = (name: string): number => findType(name).ipv4AddressesPerInterface;

/** @throws AwsError if the lab does not know the type */
export const isBurstable = (name: string): boolean => findType(name).burstable;

export const describeInstanceTypes = ec2List({ InstanceType: list(z.string()) }, (_account, request) => {
  const named = withIds(instanceTypes, request.InstanceType, ({ instanceType }) => instanceType, unknownType);
  const untagged = named.map((type) => ({ ...type, tags: {} }));
  const found = filterBy(untagged, request.Filter, {
    "instance-type": ({ instanceType }) => instanceType,
    "burstable-performance-supported": ({ burstable }) => burstable,
    "network-info.ipv4-addresses-per-interface": ({ ipv4AddressesPerInterface }) => ipv4AddressesPerInterface,
    "network-info.maximum-network-interfaces": ({ maximumNetworkInterfaces }) => maximumNetworkInterfaces,
    "processor-info.supported-architecture": ({ architecture }) => architecture,
  });
  const { items, nextToken } = page(found, request);
  return {
    instanceTypeSet: items.map((type) => ({
      instanceType: type.instanceType,
      currentGeneration: true,
      hypervisor: "nitro",
      burstablePerformanceSupported: type.burstable,
      processorInfo: { supportedArchitectures: [type.architecture] },
      networkInfo: {
        maximumNetworkInterfaces: type.maximumNetworkInterfaces,
        ipv4AddressesPerInterface: type.ipv4AddressesPerInterface,
      },
    })),
    nextToken,
  };
});
