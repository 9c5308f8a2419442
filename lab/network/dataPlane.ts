/**
 * AWS's network, rendered from the account: Elastic IPs are one-to-one NAT at the internet gateway, security groups
 * filter traffic to and from an ENI, and a private address is reachable once it is assigned to an ENI. It is one
 * nftables table and a set of host routes in the `vpc` namespace, replaced as a whole after every change.
 */
import { covers } from "../../settings/ranges";
import type { Account, LoadBalancer, NetworkInterface, SecurityGroupRule } from "../aws/account";
import { isPublicSubnet } from "../aws/ec2/routeTables";
import { servingTargets } from "../aws/elbv2/health";
import { run } from "../process";
import { namespaces, vpc } from "./addresses";

interface Translation {
  publicIp: string;
  privateIp: string;
}

/** Public address ↔ private address, of Elastic IPs and of addresses assigned at launch, except those of balancers. */
function publicAddresses(account: Account): Translation[] {
  const balanced = (account.loadBalancers ?? []).flatMap(({ subnets }) =>
    subnets.map(({ networkInterfaceId }) => networkInterfaceId),
  );
  // Answers from a subnet without an internet gateway take another way out and never arrive.
  const open = new Set(
    account.networkInterfaces
      .filter((each) => isPublicSubnet(account, each))
      .map(({ networkInterfaceId }) => networkInterfaceId),
  );
  const elastic = account.addresses.flatMap(({ publicIp, association }) =>
    association && open.has(association.networkInterfaceId) && !balanced.includes(association.networkInterfaceId)
      ? [{ publicIp, privateIp: association.privateIpAddress }]
      : [],
  );
  const automatic = account.networkInterfaces.flatMap(({ networkInterfaceId, privateIps }) =>
    privateIps.flatMap(({ privateIpAddress, autoPublicIp }) =>
      autoPublicIp && open.has(networkInterfaceId) && !balanced.includes(networkInterfaceId)
        ? [{ publicIp: autoPublicIp, privateIp: privateIpAddress }]
        : [],
    ),
  );
  return [...elastic, ...automatic];
}

const isOfBalancer = ({ loadBalancers = [] }: Account, { networkInterfaceId }: NetworkInterface): boolean =>
  loadBalancers.some(({ subnets }) => subnets.some((each) => each.networkInterfaceId === networkInterfaceId));

/** ENIs of balancers and of running instances: a stopped machine has no link. */
function connected(account: Account): NetworkInterface[] {
  const running = new Set(
    account.instances.filter(({ state }) => state === "running").map(({ instanceId }) => instanceId),
  );
  return account.networkInterfaces.filter(
    (eni) => (eni.attachment && running.has(eni.attachment.instanceId)) || isOfBalancer(account, eni),
  );
}

/** nftables source matches for a balancer's ingress rules on a port; a connection needs one of them. */
function letIn(account: Account, { securityGroupIds }: LoadBalancer, port: number): string[] {
  if (securityGroupIds.length === 0) return [""];
  return account.securityGroupRules.flatMap((rule) =>
    securityGroupIds.includes(rule.groupId) && !rule.isEgress && rule.cidrIpv4 !== undefined && isTcp(rule, port)
      ? [rule.cidrIpv4 === "0.0.0.0/0" ? "" : `ip saddr ${rule.cidrIpv4} `]
      : [],
  );
}

const isTcp = ({ ipProtocol, fromPort, toPort }: SecurityGroupRule, port: number): boolean =>
  ipProtocol === "-1" || (ipProtocol === "tcp" && fromPort <= port && port <= toPort);

/** Whether a balancer's egress rules allow traffic to an interface's port. */
function letOut(account: Account, { securityGroupIds }: LoadBalancer, port: number, eni: NetworkInterface): boolean {
  if (securityGroupIds.length === 0) return true;
  return account.securityGroupRules.some(
    (rule) =>
      rule.isEgress &&
      securityGroupIds.includes(rule.groupId) &&
      isTcp(rule, port) &&
      (rule.cidrIpv4 === "0.0.0.0/0" || eni.securityGroupIds.includes(rule.referencedGroupId ?? "")),
  );
}

/**
 * Balancers distribute new connections round-robin and preserve the source address, as for instance targets. The mark
 * identifies the balancer of a connection, starting at 1.
 */
function balance(account: Account): string[] {
  const { listeners = [], loadBalancers = [], targetGroups = [] } = account;
  return listeners.flatMap(({ loadBalancerArn, port, targetGroupArn }) => {
    const index = loadBalancers.findIndex(({ arn }) => arn === loadBalancerArn);
    const balancer = loadBalancers[index];
    const group = targetGroups.find(({ arn }) => arn === targetGroupArn);
    if (balancer?.state !== "active" || !group) return [];
    const targets = servingTargets(account, targetGroupArn).flatMap(({ instanceId }) => {
      const eni = account.networkInterfaces.find(({ attachment }) => attachment?.instanceId === instanceId);
      const address = eni?.privateIps[0]?.privateIpAddress;
      return address && letOut(account, balancer, group.port, eni) ? [address] : [];
    });
    if (targets.length === 0) return [];
    const inTurn = targets.map((address, number) => `${number} : ${address} . ${group.port}`).join(", ");
    const publicIps = balancer.subnets.flatMap(({ networkInterfaceId, allocationId }) => {
      const eni = account.networkInterfaces.find((each) => each.networkInterfaceId === networkInterfaceId);
      const elastic = account.addresses.find((each) => each.allocationId === allocationId)?.publicIp;
      return elastic ?? eni?.privateIps[0]?.autoPublicIp ?? [];
    });
    return publicIps.flatMap((publicIp) =>
      letIn(account, balancer, port).map(
        (from) =>
          `${from}ip daddr ${publicIp} tcp dport ${port} ct mark set ${index + 1} dnat ip addr . port to numgen inc mod ${targets.length} map { ${inTurn} }`,
      ),
    );
  });
}

/** nftables match of the protocol and ports of a security group rule. */
function whatOf({ ipProtocol, fromPort, toPort }: SecurityGroupRule): string {
  const port = fromPort === toPort ? `${fromPort}` : `${fromPort}-${toPort}`;
  return ipProtocol === "-1" ? "" : ipProtocol === "icmp" ? "meta l4proto icmp " : `${ipProtocol} dport ${port} `;
}

/** nftables matches of a security group rule; none if the rule cannot apply to the lab's IPv4 traffic. */
function match(rule: SecurityGroupRule, account: Account): string[] {
  const peer = rule.isEgress ? "daddr" : "saddr";
  const members = rule.referencedGroupId
    ? account.networkInterfaces
        .filter(({ securityGroupIds }) => securityGroupIds.includes(rule.referencedGroupId ?? ""))
        .flatMap(({ privateIps }) => privateIps.map(({ privateIpAddress }) => privateIpAddress))
    : rule.cidrIpv4
      ? [rule.cidrIpv4]
      : [];
  const balancers = (account.loadBalancers ?? []).flatMap(({ securityGroupIds }, index) =>
    securityGroupIds.includes(rule.referencedGroupId ?? "") ? [index + 1] : [],
  );
  const sources = [
    ...(members.length === 0 ? [] : [members.includes("0.0.0.0/0") ? "" : `ip ${peer} { ${members.join(", ")} } `]),
    ...(balancers.length === 0 ? [] : [`ct mark { ${balancers.join(", ")} } `]),
  ];
  // "return" continues with the groups of the other end.
  return sources.map((from) => `${from}${whatOf(rule)}return`);
}

/**
 * nftables matches of an ingress rule for a connection between two of our public addresses, which has its source's public
 * address only after the filter; no group has a public address as its member.
 */
const matchBetween = (rule: SecurityGroupRule, translations: readonly Translation[]): string[] =>
  translations
    .filter(({ publicIp }) => rule.cidrIpv4 !== undefined && covers(rule.cidrIpv4, publicIp))
    .map(({ privateIp }) => `ip saddr ${privateIp} ${whatOf(rule)}accept`);

/** Renders the nftables script of the data plane, which replaces the table in one transaction. */
export function renderDataPlane(account: Account): string {
  const translations = publicAddresses(account);
  const interfaces = connected(account).map((networkInterface, index) => ({
    chain: index,
    addresses: networkInterface.privateIps.map(({ privateIpAddress }) => privateIpAddress).join(", "),
    grouped: networkInterface.securityGroupIds.length > 0,
    rules: account.securityGroupRules.filter(({ groupId }) => networkInterface.securityGroupIds.includes(groupId)),
  }));
  const chain = (name: string, lines: readonly string[]): string[] => [
    `  chain ${name} {`,
    ...lines.map((line) => `    ${line}`),
    "  }",
  ];
  const filter = (egress: boolean): string[] =>
    interfaces.flatMap(({ chain: index, rules, grouped }) =>
      chain(`eni_${index}_${egress ? "out" : "in"}`, [
        ...rules.filter(({ isEgress }) => isEgress === egress).flatMap((rule) => match(rule, account)),
        // Only a balancer can be without groups.
        grouped ? "counter drop" : "return",
      ]),
    );
  const between = interfaces.flatMap(({ chain: index, rules, grouped }) =>
    chain(`eni_${index}_between`, [
      ...rules.filter(({ isEgress }) => !isEgress).flatMap((rule) => matchBetween(rule, translations)),
      grouped ? "counter drop" : "accept",
    ]),
  );
  const publicIps = translations.map(({ publicIp }) => publicIp).join(", ") || "0.0.0.0";
  return [
    "add table ip aws",
    "delete table ip aws",
    "table ip aws {",
    ...filter(false),
    ...filter(true),
    ...between,
    ...chain("to_private", [
      "type nat hook prerouting priority dstnat; policy accept;",
      ...balance(account),
      ...translations.map(({ publicIp, privateIp }) => `ip daddr ${publicIp} dnat to ${privateIp}`),
    ]),
    ...chain("to_public", [
      "type nat hook postrouting priority srcnat; policy accept;",
      // Also between two of our public addresses: the gateway translates both ends.
      ...translations.map(({ publicIp, privateIp }) => `ip saddr ${privateIp} ct status dnat snat to ${publicIp}`),
      ...translations.map(({ publicIp, privateIp }) => `ip saddr ${privateIp} oifname "wan" snat to ${publicIp}`),
    ]),
    ...chain("security_groups", [
      "type filter hook forward priority filter; policy accept;",
      "ct state established,related accept",
      // Only a private address with a public one reaches the internet, and none is reachable from there.
      `iifname "lan" oifname "wan" ip saddr != { ${translations.map(({ privateIp }) => privateIp).join(", ") || "0.0.0.0"} } drop`,
      `iifname "wan" ct original ip daddr ${vpc.cidr} drop`,
      ...interfaces.map(
        ({ chain: index, addresses }) => `iifname "lan" ip saddr { ${addresses} } jump eni_${index}_out`,
      ),
      ...interfaces.flatMap(({ chain: index, addresses }) => [
        `iifname "lan" ct original ip daddr { ${publicIps} } ip daddr { ${addresses} } goto eni_${index}_between`,
        `ip daddr { ${addresses} } jump eni_${index}_in`,
      ]),
    ]),
    "}",
    "",
  ].join("\n");
}

/** Private addresses that the router delivers to. */
export function reachableAddresses(account: Account): string[] {
  return connected(account).flatMap(({ privateIps }) => privateIps.map(({ privateIpAddress }) => privateIpAddress));
}

/** Adds and deletes entries of a namespace until the list matches. */
async function reconcile(
  wanted: readonly string[],
  present: readonly string[],
  { add, remove }: { add: (each: string) => Promise<unknown>; remove: (each: string) => Promise<unknown> },
): Promise<void> {
  for (const each of present) if (!wanted.includes(each)) await remove(each);
  for (const each of wanted) if (!present.includes(each)) await add(each);
}

/** The first word of each line. */
const firstWords = (text: string): string[] => text.split("\n").flatMap((line) => line.split(" ")[0] || []);

/** Applies the account's state to the namespaces `vpc` and `balancers`. */
export async function applyDataPlane(account: Account): Promise<void> {
  const ipIn = (namespace: string, ...args: string[]): Promise<string> => run("ip", ["-n", namespace, "-4", ...args]);
  const { vpc: router, balancers } = namespaces;
  await run("nsenter", [`--net=/run/netns/${router}`, "nft", "-f", "-"], { input: renderDataPlane(account) });
  const lan = ["dev", "lan"];
  const assigned = [...lan, "proto", "static"];
  // The address may have belonged to another machine.
  const forget = (address: string): Promise<string> => ipIn(router, "neigh", "flush", "to", address, ...lan);
  await reconcile(reachableAddresses(account), firstWords(await ipIn(router, "route", "show", ...assigned)), {
    add: (address) => ipIn(router, "route", "replace", `${address}/32`, ...assigned).then(() => forget(address)),
    remove: (address) => ipIn(router, "route", "del", address, ...lan).then(() => forget(address)),
  });
  const own = account.networkInterfaces
    .filter((eni) => isOfBalancer(account, eni))
    .flatMap(({ privateIps }) => privateIps.map(({ privateIpAddress }) => privateIpAddress));
  const shown = (await ipIn(balancers, "-o", "addr", "show", ...lan)).matchAll(/inet (\S+?)\/32/g);
  await reconcile(
    own,
    [...shown].map(([, address = ""]) => address),
    {
      add: async (address) => {
        await ipIn(balancers, "addr", "add", `${address}/32`, ...lan);
        // Deleting the last address deleted these routes.
        await ipIn(balancers, "route", "replace", vpc.router, ...lan);
        await ipIn(balancers, "route", "replace", "default", "via", vpc.router);
      },
      remove: (address) => ipIn(balancers, "addr", "del", `${address}/32`, ...lan),
    },
  );
}
