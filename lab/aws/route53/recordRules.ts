/** Route 53's validation of record sets, with its messages. */
import { isIPv4, isIPv6 } from "node:net";
import type { Account, HostedZone, RecordSet } from "../account";
import { isInZone } from "./names";

function faultsOfValues({ type, values }: RecordSet): string[] {
  const illegal = (kind: string, text: string, value: string): string =>
    `Invalid Resource Record: 'FATAL problem: ${kind} (${text}) encountered with '${value}''`;
  const faults = values.flatMap((value) => {
    if (type === "A" && !isIPv4(value))
      return [illegal("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address", value)];
    if (type === "AAAA" && !isIPv6(value))
      return [illegal("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address", value)];
    if (type === "TXT" && !/^"(?:[^"\\]|\\.)*"(?: "(?:[^"\\]|\\.)*")*$/.test(value))
      return [illegal("InvalidCharacterString", "Value should be enclosed in quotation marks", value)];
    return [];
  });
  if (new Set(values).size < values.length) faults.push("Duplicate Resource Record");
  return faults;
}

/** Checks alias targets in the account's own zones only: others are unknown to the lab. */
function faultsOfAlias({ type, alias }: RecordSet, { hostedZones }: Account): string[] {
  const target = alias && hostedZones.find(({ zoneId }) => zoneId === alias.zoneId);
  if (!target) return [];
  const attempt = `Tried to create an alias that targets ${alias.name}, type ${type} in zone ${target.zoneId}`;
  if (!isInZone(alias.name, target.name))
    return [`${attempt}, but the alias target name does not lie within the target zone`];
  if (!target.records.some((record) => record.name === alias.name && record.type === type))
    return [`${attempt}, but that target was not found`];
  return [];
}

/** Errors of a record set by itself. */
export function faultsOf(record: RecordSet, zone: HostedZone, account: Account): string[] {
  const { name, type, values, alias } = record;
  const faults = [...faultsOfValues(record), ...faultsOfAlias(record, account)];
  if (values.length === 0 && !alias) faults.push(`Resource record set [name='${name}', type='${type}'] has no values`);
  if (!isInZone(name, zone.name)) faults.push(`RRSet with DNS name ${name} is not permitted in zone ${zone.name}`);
  if (type === "CNAME" && name === zone.name)
    faults.push(`RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zone.name}`);
  if (type === "CNAME" && values.length > 1)
    faults.push(`RRSet of type CNAME with DNS name ${name} can have one value only`);
  // https://github.com/kubernetes-sigs/external-dns/issues/2362
  if (record.failover === "PRIMARY" && !alias && record.healthCheckId === undefined)
    faults.push("A non-alias primary ResourceRecordSet must have an associated health check.");
  return faults;
}

function policyOf({ weight, region, failover }: RecordSet): "weighted" | "latency" | "failover" | "simple" {
  if (weight !== undefined) return "weighted";
  if (region !== undefined) return "latency";
  return failover === undefined ? "simple" : "failover";
}

/** Errors of a record set in its zone: record sets of one name and type need the same routing policy. */
export function conflictsOf(record: RecordSet, others: readonly RecordSet[], zone: HostedZone): string[] {
  const { name, type, setIdentifier } = record;
  const sameName = others.filter((other) => other.name === name);
  if (sameName.some((other) => other.type !== type && (other.type === "CNAME" || type === "CNAME")))
    return [
      `RRSet of type ${type} with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`,
    ];
  const peers = sameName.filter((other) => other.type === type);
  const set = `RRSet with DNS name ${name}, type ${type}`;
  // https://github.com/gardener/external-dns-management/issues/513
  if (setIdentifier === undefined)
    return peers.length > 0 ? [`${set} cannot be created as other RRSets exist with the same name and type.`] : [];
  const refused = `${set}, SetIdentifier ${setIdentifier} cannot be created as`;
  const policy = policyOf(record);
  // https://github.com/kubernetes-sigs/external-dns/issues/3141
  if (peers.some((peer) => policyOf(peer) !== policy))
    return [`${refused} a non-${policy} set exists with the same name and type.`];
  if (policy !== "weighted" && peers.some((peer) => peer.region === record.region && peer.failover === record.failover))
    return [`${refused} another set exists with the same name, type and ${record.region ?? record.failover}.`];
  return [];
}
