/**
 * Converts security group permissions between requests (`IpPermissions.1.IpRanges.1.CidrIp`) and the account's rules.
 */
import ipaddr from "ipaddr.js";
import { z } from "zod";
import type { SecurityGroupRule } from "../account";
import { AwsError, invalidValue } from "../errors";
import { integer, list } from "../parameters";

/** A protocol, its ports and one peer. */
export type Permission = Pick<
  SecurityGroupRule,
  "ipProtocol" | "fromPort" | "toPort" | "cidrIpv4" | "cidrIpv6" | "referencedGroupId" | "description"
>;

const description = z
  .string()
  .regex(/^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/, "Invalid rule description")
  .optional();

export const permissionParameter = z.strictObject({
  IpProtocol: z.string(),
  FromPort: integer.optional(),
  ToPort: integer.optional(),
  IpRanges: list(z.strictObject({ CidrIp: z.string(), Description: description })),
  Ipv6Ranges: list(z.strictObject({ CidrIpv6: z.string(), Description: description })),
  Groups: list(z.strictObject({ GroupId: z.string(), UserId: z.string().optional(), Description: description })),
});

/** A rule in the form of ModifySecurityGroupRules. */
export const ruleParameter = z.strictObject({
  IpProtocol: z.string(),
  FromPort: integer.optional(),
  ToPort: integer.optional(),
  CidrIpv4: z.string().optional(),
  CidrIpv6: z.string().optional(),
  ReferencedGroupId: z.string().optional(),
  Description: description,
});

const protocolNumbers: Readonly<Record<string, string>> = { "1": "icmp", "6": "tcp", "17": "udp" };

/** Normalizes protocol and ports: protocol names, and -1 for all. */
function protocolAndPorts({
  IpProtocol,
  FromPort,
  ToPort,
}: {
  IpProtocol: string;
  FromPort?: number | undefined;
  ToPort?: number | undefined;
}): Pick<Permission, "ipProtocol" | "fromPort" | "toPort"> {
  const ipProtocol = protocolNumbers[IpProtocol] ?? IpProtocol.toLowerCase();
  // AWS ignores ports if the protocol is -1; the official provider sends 0–0.
  if (ipProtocol === "-1") return { ipProtocol, fromPort: -1, toPort: -1 };
  if (ipProtocol === "icmp") return { ipProtocol, fromPort: FromPort ?? -1, toPort: ToPort ?? -1 };
  if (ipProtocol !== "tcp" && ipProtocol !== "udp")
    throw invalidValue(`Invalid value '${IpProtocol}' for IP protocol. Unknown protocol.`);
  if (FromPort === undefined || ToPort === undefined)
    throw invalidValue("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
  if (FromPort < 0 || ToPort > 65535 || FromPort > ToPort)
    throw invalidValue(`Invalid value '${FromPort}-${ToPort}' for portRange. It must lie within 0-65535.`);
  return { ipProtocol, fromPort: FromPort, toPort: ToPort };
}

/** A CIDR block as AWS stores it: the network address, without host bits. */
function canonicalCidr(version: typeof ipaddr.IPv4 | typeof ipaddr.IPv6, block: string): string {
  const [address, prefix, rest] = block.split("/");
  const valid =
    rest === undefined &&
    prefix !== undefined &&
    /^\d+$/.test(prefix) &&
    (version === ipaddr.IPv4 ? ipaddr.IPv4.isValidFourPartDecimal(address ?? "") : ipaddr.IPv6.isValid(address ?? ""));
  if (!valid || !version.isValidCIDR(block)) throw invalidValue(`CIDR block ${block} is malformed`);
  return `${version.networkAddressFromCIDR(block).toString()}/${Number(prefix)}`;
}

const cidrIpv4 = (block: string): string => canonicalCidr(ipaddr.IPv4, block);
const cidrIpv6 = (block: string): string => canonicalCidr(ipaddr.IPv6, block);

/**
 * One permission per peer.
 * @throws AwsError if a protocol, port or block is invalid or a permission has no peer
 */
export function readPermissions(permissions: readonly z.output<typeof permissionParameter>[]): Permission[] {
  return permissions.flatMap((permission) => {
    const traffic = protocolAndPorts(permission);
    const peers = [
      ...permission.IpRanges.map(({ CidrIp, Description }) => ({
        cidrIpv4: cidrIpv4(CidrIp),
        description: Description,
      })),
      ...permission.Ipv6Ranges.map(({ CidrIpv6, Description }) => ({
        cidrIpv6: cidrIpv6(CidrIpv6),
        description: Description,
      })),
      ...permission.Groups.map(({ GroupId, Description }) => ({
        referencedGroupId: GroupId,
        description: Description,
      })),
    ];
    if (peers.length === 0)
      throw new AwsError("MissingParameter", "Each permission must have an IP range or a security group as its peer");
    return peers.map((peer) => ({ ...traffic, ...peer }));
  });
}

/** @throws AwsError as `readPermissions` does, and unless there is exactly one peer */
export function readRule(rule: z.output<typeof ruleParameter>): Permission {
  const { CidrIpv4, CidrIpv6, ReferencedGroupId, Description } = rule;
  const peers = [
    ...(CidrIpv4 === undefined ? [] : [{ cidrIpv4: cidrIpv4(CidrIpv4) }]),
    ...(CidrIpv6 === undefined ? [] : [{ cidrIpv6: cidrIpv6(CidrIpv6) }]),
    ...(ReferencedGroupId === undefined ? [] : [{ referencedGroupId: ReferencedGroupId }]),
  ];
  const [peer, second] = peers;
  if (!peer || second)
    throw new AwsError(
      peer ? "InvalidParameterCombination" : "MissingParameter",
      "A security group rule has exactly one of CidrIpv4, CidrIpv6 and ReferencedGroupId.",
    );
  return { ...protocolAndPorts(rule), ...peer, description: Description };
}

/** Whether two rules of the same group and direction are duplicates: all but ID, description and tags is equal. */
export function samePermission(a: Permission, b: Permission): boolean {
  const keys = ["ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "referencedGroupId"] as const;
  return keys.every((key) => a[key] === b[key]);
}

/** A permission as AWS's error messages show it. */
export function inWords({ cidrIpv4, cidrIpv6, referencedGroupId, ipProtocol, fromPort, toPort }: Permission): string {
  const protocol =
    ipProtocol === "-1" ? "ALL" : `${ipProtocol.toUpperCase()}, from port: ${fromPort}, to port: ${toPort}`;
  return `peer: ${cidrIpv4 ?? cidrIpv6 ?? referencedGroupId}, ${protocol}, ALLOW`;
}
