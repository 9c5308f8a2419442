/** An Elastic IP of the user's: where it leads, tied, untied. It is never released, and never taken away from anything else. */
import type { Address } from "@aws-sdk/client-ec2";
import { stackTag } from "../../settings/tagNames";
import { borderGroupOf } from "./borderGroup";
import { ec2Client, ec2Sdk } from "./connection";
import { describe, elasticIp, find, type Place, refuseForeignElasticIp } from "./secondaryAddress";

/** The Elastic IP and the private address that it is for. */
export interface ElasticIpPlace extends Place {
  allocationId: string;
  privateIpAddress: string;
}

const isHere = (address: Address, { networkInterfaceId, privateIpAddress }: ElasticIpPlace): boolean =>
  address.NetworkInterfaceId === networkInterfaceId && address.PrivateIpAddress === privateIpAddress;

/** Where it leads instead, and what to do about it. */
async function elsewhere(place: Place, address: Address): Promise<string | undefined> {
  const { NetworkInterfaceId, PrivateIpAddress = "", InstanceId, AssociationId } = address;
  const own = NetworkInterfaceId === place.networkInterfaceId ? await describe(place) : undefined;
  const where = `${PrivateIpAddress} of ${NetworkInterfaceId ?? "no interface"}${InstanceId ? ` on ${InstanceId}` : ""}`;
  // Without its Elastic IP the primary address may have no public address at all.
  if (own?.PrivateIpAddress === PrivateIpAddress)
    return `${where}, the node's primary address, which is the API's: leave it there and name another`;
  if (own) return `${where}: name that address, pulumi config set secondaryPrivateIp ${PrivateIpAddress}`;
  return `${where}: name another, or, if nothing needs it there, aws ec2 disassociate-address --association-id ${AssociationId}`;
}

/** Addresses of an own pool (BYOIP) and of Amazon's are tied alike, but only in their network border group. */
async function borderGroupFault(
  place: Place & { allocationId: string },
  { PublicIp, NetworkBorderGroup }: Address,
): Promise<string | undefined> {
  const zone = (await describe(place))?.AvailabilityZone;
  if (zone === undefined || NetworkBorderGroup === undefined) return undefined;
  const group = borderGroupOf(zone);
  if (group === NetworkBorderGroup) return undefined;
  return (
    `allocationId: expected an Elastic IP of the network border group ${group}, for ${place.networkInterfaceId} is in ${zone}, found ` +
    `${place.allocationId} (${PublicIp}) of ${NetworkBorderGroup}: name one of that group, ` +
    `aws ec2 allocate-address --domain vpc --network-border-group ${group}`
  );
}

async function faultOf(
  place: Place & { allocationId: string },
  address: Address | undefined,
  privateIpAddress?: string,
): Promise<string | undefined> {
  const { allocationId, networkInterfaceId, connection } = place;
  const refusal = (expected: string, found: string): string => `allocationId: expected ${expected}, found ${found}`;
  if (!address)
    return refusal(
      `${allocationId} in the account and the Region of the aws provider${connection.region ? `, ${connection.region}` : ""}`,
      "no such Elastic IP: name one that aws ec2 describe-addresses lists, or let the stack allocate one, pulumi config rm allocationId",
    );
  const maker = address.Tags?.find(({ Key }) => Key === stackTag)?.Value;
  if (maker !== undefined)
    return refusal(
      "an Elastic IP of your own",
      `${allocationId} (${address.PublicIp}), which stack ${maker} made and releases: name another, or pulumi config rm allocationId`,
    );
  if (address.CustomerOwnedIp !== undefined || address.CarrierIp !== undefined)
    return refusal(
      "a public address, which clients of the internet reach",
      `${allocationId} (${address.CustomerOwnedIp ?? address.CarrierIp}), an address of ${address.CarrierIp === undefined ? "an Outpost's own network" : "a carrier"}: name another`,
    );
  if (address.AssociationId === undefined) return borderGroupFault(place, address);
  const entry = privateIpAddress ?? address.PrivateIpAddress ?? "";
  // Any of the interface's secondary addresses will do unless one is asked for by name.
  if (isHere(address, { ...place, privateIpAddress: entry }) && find(await describe(place), entry)) return undefined;
  return refusal(
    `${allocationId} (${address.PublicIp}) tied to nothing, or to ${privateIpAddress ?? "a secondary address"} of ${networkInterfaceId}`,
    `it on ${await elsewhere(place, address)}`,
  );
}

/**
 * Why the stack cannot use the user's Elastic IP; `undefined` if it can, or if it has none to use.
 * @param privateIpAddress the address that it is for; any secondary one of the interface unless given
 */
export async function elasticIpFault(
  { allocationId, ...place }: Place,
  privateIpAddress?: string,
): Promise<string | undefined> {
  if (allocationId === undefined) return undefined;
  const given = { ...place, allocationId };
  return faultOf(given, await elasticIp(given, allocationId), privateIpAddress);
}

/** The id of its association with the address; `""` if it is not there. */
export async function associationOf(place: ElasticIpPlace): Promise<string> {
  const address = await elasticIp(place, place.allocationId);
  return address && isHere(address, place) ? (address.AssociationId ?? "") : "";
}

/**
 * Ties it to the address, unless it is there already: then its association stays as it is.
 * @throws if it leads anywhere else, or if the address has another Elastic IP than the stack's own, which gives way
 */
export async function tie(place: ElasticIpPlace): Promise<{ publicIp: string; associationId: string }> {
  const { allocationId, networkInterfaceId, privateIpAddress } = place;
  const address = await elasticIp(place, place.allocationId);
  const fault = await faultOf(place, address, privateIpAddress);
  if (fault !== undefined) throw new Error(fault);
  const publicIp = address?.PublicIp ?? "";
  if (address?.AssociationId !== undefined) return { publicIp, associationId: address.AssociationId };
  const present = find(await describe(place), privateIpAddress);
  if (present) await refuseForeignElasticIp(place, present);
  try {
    const { AssociationId = "" } = await ec2Client(place.connection).send(
      new (ec2Sdk().AssociateAddressCommand)({
        AllocationId: allocationId,
        NetworkInterfaceId: networkInterfaceId,
        PrivateIpAddress: privateIpAddress,
        // AWS reassociates unless told not to.
        AllowReassociation: present?.Association !== undefined,
      }),
    );
    return { publicIp, associationId: AssociationId };
  } catch (error) {
    // The answer of the first call may have been lost, and the second one was refused.
    const associationId = await associationOf(place);
    if (associationId === "") throw error;
    return { publicIp, associationId };
  }
}

/** Unties it from the address; one that is not there any more is no error. */
export async function untie(place: ElasticIpPlace): Promise<void> {
  const associationId = await associationOf(place);
  if (associationId === "") return;
  try {
    await ec2Client(place.connection).send(new (ec2Sdk().DisassociateAddressCommand)({ AssociationId: associationId }));
  } catch (error) {
    if ((await associationOf(place)) !== "") throw error;
  }
}
