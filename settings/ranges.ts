/** IPv4 ranges, in the one form in which AWS and nftables compare them. Pure. */
import * as ipaddr from "ipaddr.js";

/** True for a canonical IPv4 address; `ipaddr.isValid` also accepts octal and short forms. */
export const isIpv4 = (value: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(value);

/** `10.0.0.0/255.0.0.0` as `10.0.0.0/8`. */
function withPrefix(text: string): string {
  const [address = "", mask = ""] = text.split("/").map((part) => part.trim());
  const prefix = isIpv4(mask) ? ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask() : mask;
  return `${address}/${prefix}`;
}

const isWithPrefix = (value: string): boolean =>
  /^[^/]+\/\d{1,2}$/.test(value) && isIpv4(value.split("/")[0] ?? "") && ipaddr.IPv4.isValidCIDRFourPartDecimal(value);

/**
 * The range that a text means: an address alone is the range of that address, except the one that no client has; `/08` is `/8`. Anything else
 * stays as it is.
 */
export function canonicalRange(text: string): string {
  const value = text.trim();
  if (isIpv4(value) && value !== "0.0.0.0") return `${value}/32`;
  return isWithPrefix(value) ? value.replace(/\/0(?=\d)/, "/") : text;
}

/** The range without the host bits of `text`, which may have a mask in the place of its prefix; undefined for what is no range. */
export function withoutHostBits(text: string): string | undefined {
  const value = canonicalRange(withPrefix(text));
  if (!isWithPrefix(value)) return undefined;
  return `${ipaddr.IPv4.networkAddressFromCIDR(value).toString()}/${value.split("/")[1]}`;
}

/** True for a canonical IPv4 range whose host bits are zero, as AWS requires. */
export const isRange = (value: string): boolean => isWithPrefix(value) && withoutHostBits(value) === value;

/** Whether a range, or a text that means one, has the address. @throws if it is none */
export const covers = (range: string, address: string): boolean =>
  ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(canonicalRange(range)));
