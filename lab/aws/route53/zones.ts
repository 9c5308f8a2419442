/** Hosted zones, read-only. */
import { z } from "zod";
import type { Account, HostedZone } from "../account";
import { action, type Answer } from "../action";
import { AwsError } from "../errors";
import { compareNames, normalName } from "./names";

/** Name servers of every zone in the lab. */
export const nameServers = ["ns-1.awsdns-00.org", "ns-2.awsdns-00.co.uk", "ns-3.awsdns-00.com", "ns-4.awsdns-00.net"];

/** @throws AwsError if there is none */
export function findZone(account: Account, id: string): HostedZone {
  const found = account.hostedZones.find(({ zoneId }) => zoneId === id);
  if (!found) throw new AwsError("NoSuchHostedZone", `No hosted zone found with ID: ${id}`, 404);
  return found;
}

/** The official provider reads `Config` without a null check. */
const zoneData = ({ zoneId, name, records }: HostedZone): Answer => ({
  Id: `/hostedzone/${zoneId}`,
  Name: name,
  CallerReference: `kops-${zoneId}`,
  Config: { PrivateZone: false },
  ResourceRecordSetCount: records.length,
});

export const getHostedZone = action("reads", z.strictObject({ Id: z.string() }), (account, { Id }) => ({
  HostedZone: zoneData(findZone(account, Id)),
  DelegationSet: { NameServers: { NameServer: nameServers } },
}));

const compareZones = (a: Pick<HostedZone, "name" | "zoneId">, b: Pick<HostedZone, "name" | "zoneId">): number =>
  compareNames(a.name, b.name) || (a.zoneId < b.zoneId ? -1 : a.zoneId > b.zoneId ? 1 : 0);

export const pageSize = z.coerce.number().int().min(1).max(100);

export const listHostedZones = action(
  "reads",
  z.strictObject({ marker: z.string().optional(), maxitems: pageSize.default(100) }),
  (account, { marker, maxitems }) => {
    const start = marker === undefined ? 0 : account.hostedZones.indexOf(findZone(account, marker));
    const next = account.hostedZones[start + maxitems];
    return {
      HostedZones: { HostedZone: account.hostedZones.slice(start, start + maxitems).map(zoneData) },
      Marker: marker,
      IsTruncated: next !== undefined,
      NextMarker: next?.zoneId,
      MaxItems: maxitems,
    };
  },
);

/** Lists zones in the order of names, from a start name. */
export const listHostedZonesByName = action(
  "reads",
  z.strictObject({
    dnsname: z.string().optional(),
    hostedzoneid: z.string().optional(),
    maxitems: pageSize.default(100),
  }),
  (account, { dnsname, hostedzoneid, maxitems }) => {
    if (hostedzoneid !== undefined && dnsname === undefined)
      throw new AwsError("InvalidInput", "The hosted zone ID was specified without a DNS name.");
    const start = dnsname === undefined ? undefined : { name: normalName(dnsname), zoneId: hostedzoneid ?? "" };
    const zones = account.hostedZones
      .toSorted(compareZones)
      .filter((zone) => start === undefined || compareZones(zone, start) >= 0);
    const next = zones[maxitems];
    return {
      HostedZones: { HostedZone: zones.slice(0, maxitems).map(zoneData) },
      DNSName: dnsname,
      HostedZoneId: hostedzoneid,
      IsTruncated: next !== undefined,
      NextDNSName: next?.name,
      NextHostedZoneId: next?.zoneId,
      MaxItems: maxitems,
    };
  },
);
