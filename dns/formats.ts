/** Every form in which the records are given to DNS tooling. */
import { bindLines } from "./bind";
import { dnscontrol } from "./dnscontrol";
import { dnsEndpoint } from "./externalDns";
import { nsupdate } from "./nsupdate";
import { octodns } from "./octodns";
import type { DnsOutput, DnsRecord } from "../outputs/records";
import { findRecordSet, inverse, type RecordChange } from "./recordSets";
import { changeBatch, inverseBatch } from "./route53";

export interface FormatOptions {
  /** The zone that holds the records, for forms with names relative to it. */
  zone?: string;
  /** The records of the same names as they are now, for forms that compare or go back. */
  current?: readonly DnsRecord[];
  /** Give what brings the present records back instead. */
  inverse?: boolean;
}

const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`;

function zoneOf({ zone }: FormatOptions): string {
  if (zone === undefined) throw new Error("--zone: expected the zone that holds the records, found none");
  return zone;
}

type Format = (records: readonly DnsRecord[], options: FormatOptions) => string;

/** Forms that only say what should be there have no way back. */
const oneWay =
  (format: Format): Format =>
  (records, options) => {
    if (options.inverse) throw new Error("--inverse: expected route53 or nsupdate, found a form that has no way back");
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
 * @param force give the records although the addresses do not answer yet
 * @throws where there is nothing to publish, or not yet
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
