/** Validates the values that are rendered into shell scripts and configuration. */
import * as ipaddr from "ipaddr.js";
import type { HostSettings } from "./hostSettings";

const matches =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === "string" && pattern.test(value);
const isIpv4 = (value: unknown): boolean => typeof value === "string" && ipaddr.IPv4.isValidFourPartDecimal(value);
const isCidr = (value: unknown): boolean =>
  typeof value === "string" && /^[\d./]+$/.test(value) && ipaddr.IPv4.isValidCIDRFourPartDecimal(value);
const areCidrs = (value: unknown): boolean => Array.isArray(value) && value.every(isCidr);
const isPort = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) < 65536;
const anything = (): boolean => true;

/** The check of each setting. Enums and booleans need none. */
const kinds: { [Key in keyof HostSettings]: (value: unknown) => boolean } = {
  // Project and stack names: https://www.pulumi.com/docs/iac/concepts/stacks/
  owner: matches(/^[\w.-]{1,100}\/[\w.-]{1,100}$/),
  formerOwner: matches(/^$|^[\w.-]{1,100}\/[\w.-]{1,100}$/),
  instanceId: matches(/^i-[0-9a-f]{8,17}$/),
  clusterName: matches(/^[a-z0-9][a-z0-9.-]{0,252}$/),
  healthName: matches(/^$|^[a-z0-9_][a-z0-9._-]{0,252}$/),
  primaryPrivateIp: isIpv4,
  secondaryPrivateIp: isIpv4,
  requestedIp: (value) => value === "" || isIpv4(value),
  adopt: anything,
  httpsNodePort: isPort,
  httpNodePort: isPort,
  apiLocalPort: isPort,
  statsPassword: matches(/^[A-Za-z0-9_-]{1,200}$/),
  apiAllowedCidrs: areCidrs,
  vpcCidrs: areCidrs,
  podCidrs: areCidrs,
  reinstall: matches(/^[\w.:+-]{0,64}$/),
  proxyProtocol: anything,
  network: anything,
};

/**
 * @param settings any of the settings
 * @returns the same
 * @throws naming the setting that is not valid, without its value if it is secret, or two settings that exclude each other
 */
export function checked<Some extends Partial<HostSettings>>(settings: Some): Some {
  for (const [key, value] of Object.entries(settings)) {
    if (kinds[key as keyof HostSettings](value)) continue;
    const found = key === "statsPassword" ? "something else" : JSON.stringify(value);
    throw new Error(`${key}: expected a value that fits into the node's files, found ${found}`);
  }
  const { primaryPrivateIp, secondaryPrivateIp } = settings;
  // The NAT rules redirect port 443 of the secondary address.
  if (primaryPrivateIp && primaryPrivateIp === secondaryPrivateIp)
    throw new Error(
      `secondaryPrivateIp: expected another address than the node's primary one, found ${primaryPrivateIp} as both: the API would be cut off`,
    );
  return settings;
}
