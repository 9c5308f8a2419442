/** Where a balancer has its addresses: a subnet in each zone, and there it stays when zones or subnets come and go beside it. */
import type { Address } from "@aws-sdk/client-ec2";
import * as pulumi from "@pulumi/pulumi";
import { type Connection, ec2Client, ec2Sdk } from "./aws/connection";
import { stackTag } from "../settings/tagNames";
import { counted, quotaFaults } from "./aws/limits";
import type { Balanced } from "./balancedNodes";

/** Names on each of the addresses the subnet that the balancer has it in. */
export const subnetTag = "kops-secondary-ingress:subnet";

/** What mode dual-ip calls its address: by the same name it is the same resource. */
const keptPurpose = "ingress";

export interface Place {
  subnetId: string;
  /** What the Elastic IP is for, in its name. */
  purpose: string;
}

export interface PlaceArgs {
  zones: Balanced["zones"];
  keepAddress: boolean;
  /** The stack, and what it was called before: `<project>/<stack>` as tags name them. */
  owners: readonly string[];
  /** The tag Name of the address with a purpose. */
  nameOf(purpose: string): string;
}

const tagOf = ({ Tags = [] }: Address, key: string): string | undefined => Tags.find(({ Key }) => Key === key)?.Value;

/** The kept address first, which is the first of the outputs; then by zone. */
export function choosePlaces({ zones, keepAddress, nameOf }: PlaceArgs, own: readonly Address[]): Place[] {
  const used = own.map((address) => tagOf(address, subnetTag));
  const kept = own.find((address) => tagOf(address, "Name") === nameOf(keptPurpose));
  const keptSubnet = kept && tagOf(kept, subnetTag);
  const keptZone = keepAddress
    ? (zones.find(({ subnetIds }) => subnetIds.some((id) => id === keptSubnet)) ?? zones[0])
    : undefined;
  return zones
    .toSorted((one, other) => Number(other === keptZone) - Number(one === keptZone))
    .map((each) => ({
      subnetId: each.subnetIds.find((id) => used.includes(id)) ?? each.subnetIds[0] ?? "",
      purpose: each === keptZone ? keptPurpose : `balancer-${each.zone}`,
    }));
}

/** @throws {pulumi.RunError} if the account's quota of Elastic IPs does not suffice, before anything is made */
export async function findPlaces(connection: Connection, args: PlaceArgs): Promise<Place[]> {
  const sdk = ec2Sdk();
  const { Addresses = [] } = await ec2Client(connection).send(new sdk.DescribeAddressesCommand({}));
  const own = Addresses.filter((address) => args.owners.includes(tagOf(address, stackTag) ?? ""));
  const places = choosePlaces(args, own);
  const present = own.map((address) => tagOf(address, "Name"));
  const missing = places.filter(({ purpose }) => !present.includes(args.nameOf(purpose))).length;
  const [fault] = await quotaFaults(connection, missing, counted(Addresses));
  if (fault !== undefined) throw new pulumi.RunError(`${fault}. Nothing was changed.`);
  return places;
}
