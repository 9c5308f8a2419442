/** The formats in which records are given to DNS tools. */
import { bindLines } from "./bind";
import { dnscontrol } from "./dnscontrol";
import { dnsEndpoint } from "./externalDns";
import { nsupdate } from "./nsupdate";
import { octodns } from "./octodns";
import type { DnsOutput, DnsRecord } from "../outputs/records";
import { findRecordSet, inverse, type RecordChange } from "./recordSets";
import { changeBatch, inverseBatch } from "./route53";

export interface FormatOptions {
  /** The zone that holds the records, for formats with relative names. */
  zone?: string;
  /** The present records of the same names, for formats that compare or revert. */
  current?: readonly DnsRecord[];
  /** Return the change that restores the present records instead. */
  inverse?: boolean;
}

const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`;

function zoneOf({ zone }: FormatOptions): string {
  if (zone === undefined) throw new Error("--zone: expected the zone that holds the records, found none");
  return zone;
}

type Format = (records: readonly DnsRecord[], options: FormatOptions) => string;

/** A format that only states the wanted records cannot revert a change. */
const oneWay =
  (format: Format): Format =>
  (records, options) => {
    if (options.inverse)
      throw new Error("--inverse: expected route53 or nsupdate, found a format that cannot revert a change");
    return format(records, options);
  };

export const formats = {
  route53: (records, { current = [], inverse = false }) =>
    json(inverse ? inverseBatch(records, current) : changeBatch(records)),
  "external-dns": oneWay((records) => dnsEndpoint(records, "kops-secondary-ingress")),
  octodns: oneWay((records, options) => octodns(records, zoneOf(options))),
  dnscontrol: oneWay((records) => dnscontrol(records)),
  nsupdate: (records, options) => {
    const { current = [] } = options;
    const changes = records.map((after): RecordChange => {
      const before = findRecordSet(current, after);
      return { ...(before ? { before } : {}), after };
    });
    return nsupdate(options.inverse ? inverse(changes) : changes, zoneOf(options));
  },
  bind: oneWay((records) => bindLines(records)),
} satisfies Record<string, Format>;

export type FormatName = keyof typeof formats;

/**
 * @param force return the records even if the addresses do not answer yet
 * @throws if there is nothing to publish, or not yet
 */
export function publishable({ ready, records }: DnsOutput, force: boolean): DnsRecord[] {
  if (!ready && !force) {
    throw new Error(
      "ready: expected addresses that answer, found a stack that is not up: run 'pulumi up', or use --force",
    );
  }
  if (records.length === 0) {
    throw new Error("records: expected at least one, found none: set appDomains; in mode node-port there are none");
  }
  return records;
}
