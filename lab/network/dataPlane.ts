/**
 * What AWS's network does with the account's state: Elastic IPs are one-to-one NAT at the internet gateway, security groups
 * filter what reaches an ENI, and a private address is reachable once it is assigned to an ENI. Rendered as one nftables
 * table and a set of host routes in the `vpc` namespace, and replaced whole after every change.
 */
import type { Account, NetworkInterface, SecurityGroupRule } from "../aws/account";
import { run } from "../process";
import { namespaces, vpc } from "./addresses";

/** Public address ↔ private address, of Elastic IPs and of addresses given at launch. */
function publicAddresses(account: Account): { publicIp: string; privateIp: string }[] {
  const elastic = account.addresses.flatMap(({ publicIp, association }) =>
    association ? [{ publicIp, privateIp: association.privateIpAddress }] : [],
  );
  const automatic = account.networkInterfaces.flatMap(({ privateIps }) =>
    privateIps.flatMap(({ privateIpAddress, autoPublicIp }) =>
      autoPublicIp ? [{ publicIp: autoPublicIp, privateIp: privateIpAddress }] : [],
    ),
  );
  return [...elastic, ...automatic];
}

/** ENIs of running instances: a stopped machine has no link. */
function connected(account: Account): NetworkInterface[] {
  const running = new Set(
    account.instances.filter(({ state }) => state === "running").map(({ instanceId }) => instanceId),
  );
  return account.networkInterfaces.filter(({ attachment }) => attachment && running.has(attachment.instanceId));
}

/** One security-group rule as an nftables match, or nothing where it cannot concern IPv4 traffic of this lab. */
function match(rule: SecurityGroupRule, account: Account): string | undefined {
  const peer = rule.isEgress ? "daddr" : "saddr";
  const members = rule.referencedGroupId
    ? account.networkInterfaces
        .filter(({ securityGroupIds }) => securityGroupIds.includes(rule.referencedGroupId ?? ""))
        .flatMap(({ privateIps }) => privateIps.map(({ privateIpAddress }) => privateIpAddress))
    : rule.cidrIpv4
      ? [rule.cidrIpv4]
      : [];
  if (members.length === 0) return undefined;
  const from = members.includes("0.0.0.0/0") ? "" : `ip ${peer} { ${members.join(", ")} } `;
  // "return" lets the other end's groups have their say too.
  if (rule.ipProtocol === "-1") return `${from}return`;
  if (rule.ipProtocol === "icmp") return `${from}meta l4proto icmp return`;
  const port = rule.fromPort === rule.toPort ? `${rule.fromPort}` : `${rule.fromPort}-${rule.toPort}`;
  return `${from}${rule.ipProtocol} dport ${port} return`;
}

/** The nftables script of the whole data plane: it replaces the table in one transaction. */
export function renderDataPlane(account: Account): string {
  const translations = publicAddresses(account);
  const interfaces = connected(account).map((networkInterface, index) => ({
    chain: index,
    addresses: networkInterface.privateIps.map(({ privateIpAddress }) => privateIpAddress).join(", "),
    rules: account.securityGroupRules.filter(({ groupId }) => networkInterface.securityGroupIds.includes(groupId)),
  }));
  const chain = (name: string, lines: readonly string[]): string[] => [
    `  chain ${name} {`,
    ...lines.map((line) => `    ${line}`),
    "  }",
  ];
  const filter = (egress: boolean): string[] =>
    interfaces.flatMap(({ chain: index, rules }) =>
      chain(`eni_${index}_${egress ? "out" : "in"}`, [
        ...rules.filter(({ isEgress }) => isEgress === egress).flatMap((rule) => match(rule, account) ?? []),
        "counter drop",
      ]),
    );
  return [
    "add table ip aws",
    "delete table ip aws",
    "table ip aws {",
    ...filter(false),
    ...filter(true),
    ...chain("to_private", [
      "type nat hook prerouting priority dstnat; policy accept;",
      ...translations.map(({ publicIp, privateIp }) => `ip daddr ${publicIp} dnat to ${privateIp}`),
    ]),
    ...chain("to_public", [
      "type nat hook postrouting priority srcnat; policy accept;",
      // Also from one of our public addresses to another: the gateway translates both ends.
      ...translations.map(({ publicIp, privateIp }) => `ip saddr ${privateIp} ct status dnat snat to ${publicIp}`),
      ...translations.map(({ publicIp, privateIp }) => `ip saddr ${privateIp} oifname "wan" snat to ${publicIp}`),
    ]),
    ...chain("security_groups", [
      "type filter hook forward priority filter; policy accept;",
      "ct state established,related accept",
      // Only an address with a public one has a way to the internet; a private one is nobody's destination from outside.
      `iifname "lan" oifname "wan" ip saddr != { ${translations.map(({ privateIp }) => privateIp).join(", ") || "0.0.0.0"} } drop`,
      `iifname "wan" ct original ip daddr ${vpc.cidr} drop`,
      ...interfaces.map(
        ({ chain: index, addresses }) => `iifname "lan" ip saddr { ${addresses} } jump eni_${index}_out`,
      ),
      ...interfaces.map(({ chain: index, addresses }) => `ip daddr { ${addresses} } jump eni_${index}_in`),
    ]),
    "}",
    "",
  ].join("\n");
}

/** Private addresses that the router delivers. */
export function reachableAddresses(account: Account): string[] {
  return connected(account).flatMap(({ privateIps }) => privateIps.map(({ privateIpAddress }) => privateIpAddress));
}

/** Makes the `vpc` namespace do what the account's state says. */
export async function applyDataPlane(account: Account): Promise<void> {
  const wanted = reachableAddresses(account);
  const inVpc = (program: string, args: string[], input?: string): Promise<string> =>
    run("nsenter", [`--net=/run/netns/${namespaces.vpc}`, program, ...args], input === undefined ? {} : { input });
  await inVpc("nft", ["-f", "-"], renderDataPlane(account));
  const routes = await inVpc("ip", ["-4", "route", "show", "dev", "lan", "proto", "static"]);
  const present = routes.split("\n").flatMap((line) => line.split(" ")[0] || []);
  for (const address of present.filter((address) => !wanted.includes(address))) {
    await inVpc("ip", ["route", "del", address, "dev", "lan"]);
  }
  for (const address of wanted.filter((address) => !present.includes(address))) {
    await inVpc("ip", ["route", "replace", `${address}/32`, "dev", "lan", "proto", "static"]);
  }
}
