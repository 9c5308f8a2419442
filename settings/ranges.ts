/** IPv4 ranges, in the one form in which AWS and nftables compare them. Pure. */
import * as ipaddr from "ipaddr.js";

/** True for a canonical IPv4 address; `ipaddr.isValid` also accepts octal and short forms. */
export const isIpv4 = (value: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(value);

const isWithPrefix = (value: string): boolean =>
  /^[^/]+\/\d{1,2}$/.test(value) && isIpv4(value.split("/")[0] ?? "") && ipaddr.IPv4.isValidCIDRFourPartDecimal(value);

/** The range that a text means: an address alone is the range of that address, `/08` is `/8`. Anything else stays as it is. */
export function canonicalRange(text: string): string {
  const value = text.trim();
  if (isIpv4(value)) return `${value}/32`;
  return isWithPrefix(value) ? value.replace(/\/0(?=\d)/, "/") : text;
}

/** The range without the host bits of `text`; undefined for what is no range. */
export function withoutHostBits(text: string): string | undefined {
  const value = canonicalRange(text);
  if (!isWithPrefix(value)) return undefined;
  return `${ipaddr.IPv4.networkAddressFromCIDR(value).toString()}/${value.split("/")[1]}`;
}

/** True for a canonical IPv4 range whose host bits are zero, as AWS requires. */
export const isRange = (value: string): boolean => withoutHostBits(value) === value;
