/** Elastic IPs: allocate, associate with a private address of a network interface, release. */
import { z } from "zod";
import type { Account, Address, NetworkInterface } from "../account";
import type { Answer } from "../action";
import { AwsError, invalidValue, missingParameter, notFound } from "../errors";
import { filterBy, type FilterTable } from "../filters";
import { newId } from "../ids";
import { page } from "../paging";
import { boolean, list } from "../parameters";
import { giveAutomatic, takeAutomatic } from "./automaticAddress";
import { ec2Change, ec2List, withIds } from "./ec2Action";
import { findNetworkInterface, primaryAddress } from "./networkInterfaces";
import { tagsOf, tagSet, tagSpecification } from "./tags";

/** Default quota of Elastic IPs per Region. */
export const maximumAddresses = 5;

const noSuchPublicIp = (publicIp: string): AwsError =>
  new AwsError("InvalidAddress.NotFound", `Address '${publicIp}' not found.`);

/** Finds an Elastic IP by public address or allocation ID. */
function findAddress(
  account: Account,
  { AllocationId, PublicIp }: { AllocationId?: string | undefined; PublicIp?: string | undefined },
): Address {
  if (AllocationId !== undefined && PublicIp !== undefined)
    throw new AwsError("InvalidParameterCombination", "You may specify public IP or allocation id, but not both");
  if (AllocationId !== undefined) {
    const found = account.addresses.find(({ allocationId }) => allocationId === AllocationId);
    if (!found) throw notFound("address", AllocationId);
    return found;
  }
  if (PublicIp === undefined) throw missingParameter("AllocationId");
  const found = account.addresses.find(({ publicIp }) => publicIp === PublicIp);
  if (!found) throw noSuchPublicIp(PublicIp);
  return found;
}

export const allocateAddress = ec2Change(
  {
    Domain: z.literal("vpc").optional(),
    NetworkBorderGroup: z.string().optional(),
    PublicIpv4Pool: z.string().optional(),
    TagSpecification: tagSpecification,
  },
  (account, request) => {
    const { NetworkBorderGroup: networkBorderGroup = account.region, PublicIpv4Pool: publicIpv4Pool = "amazon" } =
      request;
    if (networkBorderGroup !== account.region)
      throw invalidValue(`The network border group '${networkBorderGroup}' is not in Region ${account.region}`);
    if (publicIpv4Pool !== "amazon")
      throw new AwsError("InvalidPublicIpv4PoolID.NotFound", `The pool ID '${publicIpv4Pool}' does not exist.`);
    const tags = tagsOf(request.TagSpecification, "elastic-ip");
    if (account.addresses.filter(({ serviceManaged }) => serviceManaged === undefined).length >= maximumAddresses)
      throw new AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.");
    const publicIp = account.publicIpPool.shift();
    if (publicIp === undefined)
      throw new AwsError("InsufficientAddressCapacity", "There are not enough free addresses in the pool.");
    const address: Address = { allocationId: newId("eipalloc"), publicIp, networkBorderGroup, publicIpv4Pool, tags };
    account.addresses.push(address);
    return { publicIp, domain: "vpc", allocationId: address.allocationId, publicIpv4Pool, networkBorderGroup };
  },
);

export const releaseAddress = ec2Change(
  {
    AllocationId: z.string().optional(),
    PublicIp: z.string().optional(),
    NetworkBorderGroup: z.string().optional(),
  },
  (account, request) => {
    const address = findAddress(account, request);
    const { publicIp, networkBorderGroup } = address;
    if (request.NetworkBorderGroup !== undefined && request.NetworkBorderGroup !== networkBorderGroup)
      throw noSuchPublicIp(publicIp);
    if (address.association) throw new AwsError("InvalidIPAddress.InUse", `Address ${publicIp} is in use.`);
    account.addresses = account.addresses.filter((other) => other !== address);
    account.publicIpPool.push(publicIp);
    return { return: true };
  },
);

/** The network interface to associate with. */
function targetOf(
  account: Account,
  request: { NetworkInterfaceId?: string | undefined; InstanceId?: string | undefined },
): NetworkInterface {
  if (request.NetworkInterfaceId !== undefined) return findNetworkInterface(account, request.NetworkInterfaceId);
  const id = request.InstanceId;
  if (id === undefined) throw missingParameter("NetworkInterfaceId");
  if (!account.instances.some(({ instanceId }) => instanceId === id)) throw notFound("instance", id);
  const [networkInterface, second] = account.networkInterfaces.filter(
    ({ attachment }) => attachment?.instanceId === id,
  );
  if (!networkInterface) throw new AwsError("InvalidInstanceID", `The instance '${id}' has no network interface.`);
  if (second)
    throw new AwsError(
      "InvalidInstanceID",
      `There are multiple interfaces attached to instance '${id}'. Please specify an interface ID for the operation instead.`,
    );
  return networkInterface;
}

export const associateAddress = ec2Change(
  {
    AllocationId: z.string().optional(),
    PublicIp: z.string().optional(),
    NetworkInterfaceId: z.string().optional(),
    InstanceId: z.string().optional(),
    PrivateIpAddress: z.string().optional(),
    AllowReassociation: boolean.optional(),
  },
  (account, request) => {
    const address = findAddress(account, request);
    const networkInterface = targetOf(account, request);
    const { networkInterfaceId, privateIps } = networkInterface;
    const privateIpAddress = request.PrivateIpAddress ?? primaryAddress(networkInterface);
    const privateIp = privateIps.find((ip) => ip.privateIpAddress === privateIpAddress);
    if (!privateIp)
      throw invalidValue(
        `The address ${privateIpAddress} is not assigned to network interface '${networkInterfaceId}'`,
      );

    const isHere = ({ association }: Address): boolean =>
      association?.networkInterfaceId === networkInterfaceId && association.privateIpAddress === privateIpAddress;
    if (address.association && isHere(address))
      return { return: true, associationId: address.association.associationId };

    // The default is true: only an explicit false protects an existing association.
    if (request.AllowReassociation === false) {
      const inTheWay = address.association ? address : account.addresses.find(isHere);
      if (inTheWay?.association)
        throw new AwsError(
          "Resource.AlreadyAssociated",
          `resource ${inTheWay.allocationId} is already associated with associate-id ${inTheWay.association.associationId}`,
        );
    }
    for (const other of account.addresses.filter(isHere)) delete other.association;
    const associationId = newId("eipassoc");
    const left = address.association?.networkInterfaceId;
    address.association = { associationId, networkInterfaceId, privateIpAddress };
    takeAutomatic(account, networkInterface, privateIp);
    if (left !== undefined) giveAutomatic(account, findNetworkInterface(account, left));
    return { return: true, associationId };
  },
);

export const disassociateAddress = ec2Change(
  { AssociationId: z.string().optional(), PublicIp: z.string().optional() },
  (account, { AssociationId, PublicIp }) => {
    if (AssociationId === undefined && PublicIp === undefined) throw missingParameter("AssociationId");
    const address = account.addresses.find(({ association, publicIp }) =>
      AssociationId === undefined ? publicIp === PublicIp : association?.associationId === AssociationId,
    );
    if (!address)
      throw AssociationId === undefined ? noSuchPublicIp(PublicIp ?? "") : notFound("association", AssociationId);
    const left = address.association?.networkInterfaceId;
    delete address.association;
    if (left !== undefined) giveAutomatic(account, findNetworkInterface(account, left));
    return { return: true };
  },
);

/** The instance whose network interface has the address. */
function instanceOf(account: Account, { association }: Address): string | undefined {
  return account.networkInterfaces.find(
    ({ networkInterfaceId }) => networkInterfaceId === association?.networkInterfaceId,
  )?.attachment?.instanceId;
}

function addressData(account: Account, address: Address): Answer {
  const { association, publicIp, allocationId, publicIpv4Pool, networkBorderGroup, serviceManaged, customerOwnedIp } =
    address;
  return {
    publicIp,
    allocationId,
    domain: "vpc",
    instanceId: instanceOf(account, address),
    ...(association && { ...association, networkInterfaceOwnerId: account.accountId }),
    tagSet: tagSet(address.tags),
    publicIpv4Pool,
    networkBorderGroup,
    serviceManaged,
    customerOwnedIp,
  };
}

const filters = (account: Account): FilterTable<Address> => ({
  "allocation-id": ({ allocationId }) => allocationId,
  "association-id": ({ association }) => association?.associationId,
  domain: () => "vpc",
  "instance-id": (address) => instanceOf(account, address),
  "network-border-group": ({ networkBorderGroup }) => networkBorderGroup,
  "network-interface-id": ({ association }) => association?.networkInterfaceId,
  "network-interface-owner-id": ({ association }) => association && account.accountId,
  "private-ip-address": ({ association }) => association?.privateIpAddress,
  "public-ip": ({ publicIp }) => publicIp,
});

const named = (account: Account, request: { AllocationId: string[]; PublicIp?: string[] }): readonly Address[] =>
  withIds(
    withIds(
      account.addresses,
      request.AllocationId,
      ({ allocationId }) => allocationId,
      (id) => notFound("address", id),
    ),
    request.PublicIp ?? [],
    ({ publicIp }) => publicIp,
    noSuchPublicIp,
  );

export const describeAddresses = ec2List(
  { AllocationId: list(z.string()), PublicIp: list(z.string()) },
  (account, request) => {
    const { items, nextToken } = page(filterBy(named(account, request), request.Filter, filters(account)), request);
    return { addressesSet: items.map((address) => addressData(account, address)), nextToken };
  },
);

const attributeData = ({ publicIp, allocationId, ptrRecord }: Address): Answer => ({
  publicIp,
  allocationId,
  ptrRecord,
});

/**
 * Returns every address, also those without a PTR record: the official provider searches the response for its address.
 */
export const describeAddressesAttribute = ec2List(
  { AllocationId: list(z.string()), Attribute: z.literal("domain-name").optional() },
  (account, request) => {
    const { items, nextToken } = page(filterBy(named(account, request), request.Filter, {}), request);
    return { addressSet: items.map(attributeData), nextToken };
  },
);

/** Sets the PTR record of the address. */
export const modifyAddressAttribute = ec2Change(
  { AllocationId: z.string(), DomainName: z.string() },
  (account, request) => {
    const address = findAddress(account, request);
    address.ptrRecord = request.DomainName.replace(/\.?$/, ".");
    return { address: attributeData(address) };
  },
);
