/** One secondary private address of an ENI: described, assigned, unassigned. An address in other use is never taken. */
import type { Address, NetworkInterface, NetworkInterfacePrivateIpAddress, Tag } from "@aws-sdk/client-ec2";
import { stackTag } from "../../settings/tagNames";
import { type Connection, ec2Client, ec2Sdk } from "./connection";

export interface Place {
  connection: Connection;
  networkInterfaceId: string;
  /** `<project>/<stack>`, as in the tags: Elastic IPs that carry it are the stack's own. */
  stack: string;
  /** The user's Elastic IP that the stack uses: it may be on the address. */
  allocationId?: string | undefined;
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The ENI, or undefined if it is gone. */
export async function describe({ connection, networkInterfaceId }: Place): Promise<NetworkInterface | undefined> {
  const sdk = ec2Sdk();
  try {
    const answer = await ec2Client(connection).send(
      new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [networkInterfaceId] }),
    );
    return answer.NetworkInterfaces?.[0];
  } catch (error) {
    if ((error as Error).name === "InvalidNetworkInterfaceID.NotFound") return undefined;
    throw error;
  }
}

export function find(eni: NetworkInterface | undefined, address: string): NetworkInterfacePrivateIpAddress | undefined {
  return eni?.PrivateIpAddresses?.find((each) => each.PrivateIpAddress === address && !each.Primary);
}

/** The interface that has an address of the same subnet, other than this one. */
export async function holder(place: Place, eni: NetworkInterface, address: string): Promise<string | undefined> {
  const sdk = ec2Sdk();
  const answer = await ec2Client(place.connection).send(
    new sdk.DescribeNetworkInterfacesCommand({
      Filters: [
        { Name: "subnet-id", Values: [eni.SubnetId ?? ""] },
        { Name: "addresses.private-ip-address", Values: [address] },
      ],
    }),
  );
  return answer.NetworkInterfaces?.map(({ NetworkInterfaceId }) => NetworkInterfaceId).find(
    (id) => id !== place.networkInterfaceId,
  );
}

const tagged = (tags: Tag[] = [], stack: string): boolean =>
  tags.some(({ Key, Value }) => Key === stackTag && Value === stack);

/** An Elastic IP, or undefined if the account has no such one in the Region. */
export async function elasticIp(
  { connection }: Pick<Place, "connection">,
  allocationId: string,
): Promise<Address | undefined> {
  // As a filter, an address that was released meanwhile is no error.
  const { Addresses = [] } = await ec2Client(connection).send(
    new (ec2Sdk().DescribeAddressesCommand)({ Filters: [{ Name: "allocation-id", Values: [allocationId] }] }),
  );
  return Addresses[0];
}

/** Whether an Elastic IP is the stack's; undefined for one that was released meanwhile. */
async function isOwn(place: Place, allocationId: string): Promise<boolean | undefined> {
  const address = await elasticIp(place, allocationId);
  return address && tagged(address.Tags, place.stack);
}

/** Whether the user's Elastic IP that the stack uses is on the address. */
export const carriesGiven = (
  { allocationId }: Pick<Place, "allocationId">,
  entry: NetworkInterfacePrivateIpAddress,
): boolean => allocationId !== undefined && entry.Association?.AllocationId === allocationId;

/** Whether kOps has launched the node with the stack's pieces: it takes the stack's addresses to itself. Any stack's, for this one may be renamed. */
export const isLaunchedForStack = ({ TagSet = [] }: NetworkInterface): boolean =>
  TagSet.some(({ Key }) => Key === stackTag);

/**
 * The address that carries the user's Elastic IP, or the stack's own: a node that kOps has replaced takes the address and the Elastic IP to
 * itself.
 */
export async function findOwn(
  place: Place,
  eni: NetworkInterface,
): Promise<NetworkInterfacePrivateIpAddress | undefined> {
  const secondary = (eni.PrivateIpAddresses ?? []).filter(({ Primary }) => !Primary);
  const given = secondary.find((entry) => carriesGiven(place, entry));
  if (given) return given;
  for (const entry of secondary) {
    const { AllocationId } = entry.Association ?? {};
    if (AllocationId && (await isOwn(place, AllocationId))) return entry;
  }
  return undefined;
}

/** What is wrong with an address that carries a foreign Elastic IP; `undefined` if nothing is. */
export async function foreignElasticIp(
  place: Place,
  entry: NetworkInterfacePrivateIpAddress,
): Promise<string | undefined> {
  const { AllocationId, PublicIp } = entry.Association ?? {};
  if (!AllocationId || carriesGiven(place, entry) || (await isOwn(place, AllocationId)) !== false) return undefined;
  return (
    `expected ${entry.PrivateIpAddress} without an Elastic IP, found ${PublicIp} (${AllocationId}) on it, ` +
    "which is not this stack's: disassociate it, or choose another secondaryPrivateIp; " +
    `if it is yours and DNS points at it: pulumi config set allocationId ${AllocationId}`
  );
}

/** @throws if an Elastic IP that is not the stack's is tied to the address: AWS would silently take it away */
export async function refuseForeignElasticIp(place: Place, entry: NetworkInterfacePrivateIpAddress): Promise<void> {
  const fault = await foreignElasticIp(place, entry);
  if (fault !== undefined) throw new Error(fault);
}

/** Whether AWS has refused the call without looking at it. */
const wasThrottled = ({ name }: Error): boolean => /Throttl|RequestLimitExceeded|TooManyRequests|SlowDown/.test(name);

/** Whether the work may be done although the answer is not there: no answer at all, or a fault of the service. */
function mayBeDone(error: Error): boolean {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return ($metadata?.httpStatusCode ?? 500) >= 500;
}

/** How EC2 refuses an address that another interface has; it has used both. */
export const isTaken = ({ name, message }: Error): boolean =>
  name === "PrivateIpAddressAlreadyAssigned" || (name === "InvalidParameterValue" && /\bassigned\b/.test(message));

/** What an address that could not be had is called, for people. */
const takenBy = (address: string, other: string | undefined): string =>
  `secondaryPrivateIp: expected a free address, found ${address}, which ${other ? `is on ${other}` : "somebody else has assigned at this moment"}: ` +
  "choose another, or run again to adopt it where it is on the node's own interface";

const taken = async (place: Place, eni: NetworkInterface, address: string): Promise<Error> =>
  new Error(takenBy(address, await holder(place, eni, address)));

/**
 * Why an address cannot be had, checked before the old one is given up; `undefined` if it can.
 * @param former the interface that the stack leaves, which gives the address back first
 */
export async function addressFault(place: Place, address: string, former?: string): Promise<string | undefined> {
  const eni = await describe(place);
  if (!eni) return undefined;
  const present = find(eni, address);
  if (present) return foreignElasticIp(place, present);
  const other = await holder(place, eni, address);
  return other === undefined || other === former ? undefined : takenBy(address, other);
}

/**
 * Assigns the address asked for, or one that AWS chooses.
 * The call has no client token: made twice, it gives two addresses. So it is made again only when the ENI shows that it had no effect.
 */
export async function assign(place: Place, eni: NetworkInterface, requested: string | undefined): Promise<string> {
  const sdk = ec2Sdk();
  const once = ec2Client(place.connection, { attempts: 1 });
  const before = new Set(eni.PrivateIpAddresses?.map((each) => each.PrivateIpAddress));
  const appeared = async (): Promise<string | undefined> => {
    // Reads are eventually consistent.
    for (let looks = 0; looks < 3; looks++) {
      await pause(1000);
      const now = await describe(place);
      const added = now?.PrivateIpAddresses?.find((each) => !each.Primary && !before.has(each.PrivateIpAddress));
      const found = requested ? find(now, requested) : added;
      if (found?.PrivateIpAddress) return found.PrivateIpAddress;
    }
    return undefined;
  };
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await once.send(
        new sdk.AssignPrivateIpAddressesCommand({
          NetworkInterfaceId: place.networkInterfaceId,
          ...(requested ? { PrivateIpAddresses: [requested] } : { SecondaryPrivateIpAddressCount: 1 }),
        }),
      );
      const assigned = answer.AssignedPrivateIpAddresses?.map(({ PrivateIpAddress }) => PrivateIpAddress);
      const fresh = assigned?.find((address) => (requested ? address === requested : !before.has(address)));
      if (fresh) return fresh;
    } catch (thrown) {
      const error = thrown as Error;
      if (attempt < 10 && wasThrottled(error)) {
        await pause(Math.min(20_000, 100 * 2 ** attempt * (1 + Math.random())));
        continue;
      }
      if (attempt < 10 && mayBeDone(error)) {
        const found = await appeared();
        if (found) return found;
        continue;
      }
      if (requested && isTaken(error)) throw await taken(place, eni, requested);
      throw error;
    }
    // AWS lists only what it has newly assigned: another caller was a moment earlier.
    throw await taken(place, eni, requested ?? "");
  }
}

/**
 * Takes the address away; one that is not there any more, on an ENI that may be gone, is no error. It stays if the user's Elastic IP is
 * on it, which AWS would untie with it.
 */
export async function unassign(place: Place, address: string): Promise<void> {
  let entry = find(await describe(place), address);
  // Reads are eventually consistent: the stack may have untied it a moment ago.
  for (let looks = 0; looks < 3 && entry && carriesGiven(place, entry); looks++) {
    await pause(1000);
    entry = find(await describe(place), address);
  }
  if (!entry || carriesGiven(place, entry)) return;
  await refuseForeignElasticIp(place, entry);
  const sdk = ec2Sdk();
  try {
    await ec2Client(place.connection).send(
      new sdk.UnassignPrivateIpAddressesCommand({
        NetworkInterfaceId: place.networkInterfaceId,
        PrivateIpAddresses: [address],
      }),
    );
  } catch (error) {
    // Its answer may have been lost, and the second call found nothing.
    if (find(await describe(place), address)) throw error;
  }
}
