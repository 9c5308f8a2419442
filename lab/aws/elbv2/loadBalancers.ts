/** Network Load Balancers with one public address per zone: an Elastic IP, or one that AWS assigns, as to kOps' own. */
import { z } from "zod";
import type { Account, LoadBalancer } from "../account";
import { action, type Answer } from "../action";
import { AwsError, notFound } from "../errors";
import { freeAddresses } from "../ec2/subnetAddresses";
import { newId } from "../ids";
import { memberList, members, pairs, tagMembers, tagsOf } from "../members";
import { arnOf, checkName, findLoadBalancer, newSuffix, setAttributes, validationError } from "./find";

/** Default attributes of a Network Load Balancer. */
const defaultAttributes = {
  "access_logs.s3.bucket": "",
  "access_logs.s3.enabled": "false",
  "access_logs.s3.prefix": "",
  "deletion_protection.enabled": "false",
  "dns_record.client_routing_policy": "any_availability_zone",
  "ipv6.deny_all_igw_traffic": "false",
  "load_balancing.cross_zone.enabled": "false",
  "secondary_ips.auto_assigned.per_subnet": "0",
  "zonal_shift.config.enabled": "false",
} as const;

const mapping = z.strictObject({ SubnetId: z.string(), AllocationId: z.string().optional() });

/** The balancer's interface in a subnet; only the balancer may change or detach it. */
function placeIn(
  account: Account,
  { SubnetId, AllocationId }: z.output<typeof mapping>,
  owner: Pick<LoadBalancer, "name" | "scheme" | "securityGroupIds"> & { suffix: string },
): LoadBalancer["subnets"][number] {
  const subnet = account.subnets.find(({ subnetId }) => subnetId === SubnetId);
  if (!subnet) throw new AwsError("SubnetNotFound", `The subnet ID '${SubnetId}' does not exist`);
  const taken = account.networkInterfaces.flatMap(({ privateIps }) => privateIps.map((ip) => ip.privateIpAddress));
  const [privateIpAddress = ""] = freeAddresses(subnet.cidrBlock, taken, 1);
  const networkInterfaceId = newId("eni");
  const autoPublicIp =
    AllocationId === undefined && owner.scheme === "internet-facing" ? account.publicIpPool.pop() : undefined;
  account.networkInterfaces.push({
    networkInterfaceId,
    subnetId: SubnetId,
    vpcId: subnet.vpcId,
    macAddress: `02:1b:7d:${owner.suffix.slice(0, 2)}:${owner.suffix.slice(2, 4)}:${newSuffix().slice(0, 2)}`,
    description: `ELB net/${owner.name}/${owner.suffix}`,
    privateIps: [{ privateIpAddress, primary: true, ...(autoPublicIp && { autoPublicIp }) }],
    securityGroupIds: owner.securityGroupIds,
    tags: {},
  });
  if (AllocationId === undefined) return { subnetId: SubnetId, networkInterfaceId };
  const address = account.addresses.find(({ allocationId }) => allocationId === AllocationId);
  if (!address) throw new AwsError("AllocationIdNotFound", `The allocation IDs '${AllocationId}' do not exist`);
  if (address.association) throw new AwsError("ResourceInUse", `The allocation IDs '${AllocationId}' are in use`);
  address.association = { associationId: newId("eipassoc"), networkInterfaceId, privateIpAddress };
  return { subnetId: SubnetId, networkInterfaceId, allocationId: AllocationId };
}

function checkZones(account: Account, mappings: readonly z.output<typeof mapping>[]): void {
  if (mappings.length === 0) throw validationError("At least one subnet must be specified");
  const zones = mappings.map(
    ({ SubnetId }) => account.subnets.find(({ subnetId }) => subnetId === SubnetId)?.availabilityZone,
  );
  if (new Set(zones).size < zones.length)
    throw new AwsError(
      "InvalidConfigurationRequest",
      "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
    );
}

export const createLoadBalancer = action(
  "mutates",
  z.strictObject({
    Name: z.string(),
    Type: z.literal("network"),
    Scheme: z.enum(["internet-facing", "internal"]).default("internet-facing"),
    IpAddressType: z.literal("ipv4").optional(),
    SubnetMappings: members(mapping),
    SecurityGroups: members(z.string()),
    Tags: tagMembers,
  }),
  (account, { Name, Scheme, SubnetMappings, SecurityGroups, Tags }) => {
    checkName("load balancer", Name);
    if ((account.loadBalancers ?? []).some(({ name }) => name === Name))
      throw new AwsError(
        "DuplicateLoadBalancerName",
        `A load balancer with the same name '${Name}' exists, but with different settings`,
      );
    checkZones(account, SubnetMappings);
    for (const id of SecurityGroups)
      if (!account.securityGroups.some(({ groupId }) => groupId === id)) throw notFound("group", id);
    const suffix = newSuffix();
    const subnets = SubnetMappings.map((each) =>
      placeIn(account, each, { name: Name, scheme: Scheme, suffix, securityGroupIds: SecurityGroups }),
    );
    const balancer: LoadBalancer = {
      arn: arnOf(account, `loadbalancer/net/${Name}/${suffix}`),
      name: Name,
      scheme: Scheme,
      state: "provisioning",
      createdTime: new Date().toISOString(),
      vpcId: account.subnets.find(({ subnetId }) => subnetId === subnets[0]?.subnetId)?.vpcId ?? "",
      subnets,
      securityGroupIds: SecurityGroups,
      attributes: { ...defaultAttributes },
      tags: tagsOf(Tags),
    };
    (account.loadBalancers ??= []).push(balancer);
    return { LoadBalancers: memberList([balancerData(account, balancer)]) };
  },
);

function balancerData(account: Account, balancer: LoadBalancer): Answer {
  const { arn, name, scheme, state, createdTime, vpcId, subnets, securityGroupIds } = balancer;
  const suffix = arn.split("/").at(-1) ?? "";
  return {
    LoadBalancerArn: arn,
    DNSName: `${name}-${suffix}.elb.${account.region}.amazonaws.com`,
    CanonicalHostedZoneId: "Z3F0SRJ5LGBH90",
    CreatedTime: createdTime,
    LoadBalancerName: name,
    Scheme: scheme,
    VpcId: vpcId,
    State: { Code: state },
    Type: "network",
    IpAddressType: "ipv4",
    EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: securityGroupIds.length > 0 ? "on" : undefined,
    SecurityGroups: memberList(securityGroupIds),
    AvailabilityZones: zonesOf(account, subnets),
  };
}

const zonesOf = (account: Account, subnets: LoadBalancer["subnets"]): Answer =>
  memberList(
    subnets.map(({ subnetId, allocationId }) => ({
      ZoneName: account.subnets.find((subnet) => subnet.subnetId === subnetId)?.availabilityZone,
      SubnetId: subnetId,
      LoadBalancerAddresses: memberList(
        allocationId === undefined
          ? []
          : [
              {
                AllocationId: allocationId,
                IpAddress: account.addresses.find((each) => each.allocationId === allocationId)?.publicIp,
              },
            ],
      ),
    })),
  );

/**
 * Adds zones. The lab supports neither removing a zone nor changing an address: the official provider replaces the
 * balancer for these.
 */
export const setSubnets = action(
  "mutates",
  z.strictObject({ LoadBalancerArn: z.string(), SubnetMappings: members(mapping) }),
  (account, { LoadBalancerArn, SubnetMappings }) => {
    const balancer = findLoadBalancer(account, LoadBalancerArn);
    checkZones(account, SubnetMappings);
    const { name, scheme, subnets, securityGroupIds } = balancer;
    const present = (each: z.output<typeof mapping>) =>
      subnets.find(({ subnetId, allocationId }) => subnetId === each.SubnetId && allocationId === each.AllocationId);
    if (SubnetMappings.filter(present).length < subnets.length)
      throw new AwsError("InvalidConfigurationRequest", "The lab's load balancers keep their subnets and addresses");
    const suffix = LoadBalancerArn.split("/").at(-1) ?? "";
    balancer.subnets = SubnetMappings.map(
      (each) => present(each) ?? placeIn(account, each, { name, scheme, suffix, securityGroupIds }),
    );
    return { AvailabilityZones: zonesOf(account, balancer.subnets), IpAddressType: "ipv4" };
  },
);

/** A balancer becomes active after it was described once as provisioning, or after the account's `balancerSeconds`. */
export const describeLoadBalancers = action(
  "mutates",
  z.strictObject({
    LoadBalancerArns: members(z.string()),
    Names: members(z.string()),
    Marker: z.string().optional(),
    PageSize: z.string().optional(),
  }),
  (account, { LoadBalancerArns, Names }) => {
    const all = account.loadBalancers ?? [];
    const unknown = Names.find((name) => !all.some((each) => each.name === name));
    if (unknown !== undefined) throw new AwsError("LoadBalancerNotFound", `Load balancers '[${unknown}]' not found`);
    const chosen =
      LoadBalancerArns.length > 0
        ? LoadBalancerArns.map((arn) => findLoadBalancer(account, arn))
        : all.filter(({ name }) => Names.length === 0 || Names.includes(name));
    const answer = { LoadBalancers: memberList(chosen.map((each) => balancerData(account, each))) };
    const readySince = Date.now() - (account.balancerSeconds ?? 0) * 1000;
    for (const each of chosen) if (Date.parse(each.createdTime) <= readySince) each.state = "active";
    return answer;
  },
);

export const describeLoadBalancerAttributes = action(
  "reads",
  z.strictObject({ LoadBalancerArn: z.string() }),
  (account, { LoadBalancerArn }) => ({ Attributes: pairs(findLoadBalancer(account, LoadBalancerArn).attributes) }),
);

const attribute = z.strictObject({ Key: z.string(), Value: z.string().optional() });

export const modifyLoadBalancerAttributes = action(
  "mutates",
  z.strictObject({ LoadBalancerArn: z.string(), Attributes: members(attribute) }),
  (account, { LoadBalancerArn, Attributes }) => {
    const { attributes } = findLoadBalancer(account, LoadBalancerArn);
    setAttributes("Load balancer", attributes, Attributes);
    return { Attributes: pairs(attributes) };
  },
);

export const describeCapacityReservation = action(
  "reads",
  z.strictObject({ LoadBalancerArn: z.string() }),
  (account, { LoadBalancerArn }) => {
    findLoadBalancer(account, LoadBalancerArn);
    return { DecreaseRequestsRemaining: 2, CapacityReservationState: memberList([]) };
  },
);

/** Rejected for a balancer created without security groups, as in AWS. */
export const setSecurityGroups = action(
  "mutates",
  z.strictObject({
    LoadBalancerArn: z.string(),
    SecurityGroups: members(z.string()),
    EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: z.string().optional(),
  }),
  (account, { LoadBalancerArn, SecurityGroups }) => {
    const balancer = findLoadBalancer(account, LoadBalancerArn);
    if (balancer.securityGroupIds.length === 0)
      throw new AwsError(
        "InvalidConfigurationRequest",
        "You cannot set security groups on a load balancer that was created without any",
      );
    balancer.securityGroupIds = SecurityGroups;
    const ours = balancer.subnets.map(({ networkInterfaceId }) => networkInterfaceId);
    for (const eni of account.networkInterfaces)
      if (ours.includes(eni.networkInterfaceId)) eni.securityGroupIds = SecurityGroups;
    return { SecurityGroupIds: memberList(SecurityGroups) };
  },
);

/** Deletes the interfaces of deleted balancers after their delay and disassociates their addresses. */
export function removeLeaving(account: Account, now: number): void {
  for (const { networkInterfaceIds: gone } of (account.leavingInterfaces ?? []).filter(({ until }) => until <= now)) {
    const leaving = account.networkInterfaces.filter((eni) => gone.includes(eni.networkInterfaceId));
    account.publicIpPool.push(
      ...leaving.flatMap(({ privateIps }) => privateIps.flatMap(({ autoPublicIp }) => autoPublicIp ?? [])),
    );
    account.networkInterfaces = account.networkInterfaces.filter((eni) => !gone.includes(eni.networkInterfaceId));
    for (const address of account.addresses)
      if (gone.includes(address.association?.networkInterfaceId ?? "")) delete address.association;
  }
  account.leavingInterfaces = account.leavingInterfaces?.filter(({ until }) => until > now) ?? [];
}

/**
 * Succeeds if there is no such balancer. Deletes its listeners, interfaces and associations; addresses and target
 * groups stay.
 */
export const deleteLoadBalancer = action(
  "mutates",
  z.strictObject({ LoadBalancerArn: z.string() }),
  (account, { LoadBalancerArn }) => {
    const balancer = account.loadBalancers?.find(({ arn }) => arn === LoadBalancerArn);
    if (!balancer) return {};
    if (balancer.attributes["deletion_protection.enabled"] === "true")
      throw new AwsError(
        "OperationNotPermitted",
        `Load balancer '${LoadBalancerArn}' cannot be deleted because deletion protection is enabled`,
      );
    const networkInterfaceIds = balancer.subnets.map(({ networkInterfaceId }) => networkInterfaceId);
    const now = Date.now();
    (account.leavingInterfaces ??= []).push({
      networkInterfaceIds,
      until: now + (account.balancerSeconds ?? 0) * 1000,
    });
    removeLeaving(account, now);
    account.listeners = account.listeners?.filter((each) => each.loadBalancerArn !== LoadBalancerArn) ?? [];
    account.loadBalancers = account.loadBalancers?.filter((each) => each !== balancer) ?? [];
    return {};
  },
);
