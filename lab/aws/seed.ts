/**
 * The account after `kops create cluster`: VPC, subnet, and for each role its instances, security group and Auto
 * Scaling group.
 */
import ipaddr from "ipaddr.js";
import type { Account, HostedZone, SecurityGroup, SecurityGroupRule, Tags } from "./account";
import { groupTag } from "./autoscaling/instances";
import { newId } from "./ids";
import { isInZone, normalName } from "./route53/names";
import { nameServers } from "./route53/zones";

/** Roles of kOps' instance groups, and kOps' names for their security groups and Auto Scaling groups. */
const roles = {
  "control-plane": { securityGroup: "masters", group: (zone: string) => `control-plane-${zone}.masters` },
  node: { securityGroup: "nodes", group: (zone: string) => `nodes-${zone}` },
} as const;
type Role = keyof typeof roles;

export interface SeedInstance {
  instanceId: string;
  instanceType: string;
  privateIp: string;
  /** Assigned at launch, not an Elastic IP. */
  publicIp?: string;
  macAddress: string;
  role: Role;
}

export interface Seed {
  region: string;
  /** Name of the kOps cluster, for example `k8s.example.com`. */
  cluster: string;
  /** The VPC is the surrounding /16. */
  subnetCidr: string;
  instances: readonly SeedInstance[];
  /** `zoneId` without prefix. */
  hostedZone?: { zoneId: string; name: string };
  publicIpPool: readonly string[];
}

/** Tags that kOps sets on all resources of a cluster. */
const clusterTags = (cluster: string, name: string): Tags => ({
  KubernetesCluster: cluster,
  Name: name,
  [`kubernetes.io/cluster/${cluster}`]: "owned",
});

/** A hosted zone as Route 53 creates it, with the API records of kOps' dns-controller. */
function seedZone({ zoneId, name }: { zoneId: string; name: string }, seed: Seed): HostedZone {
  const zone = normalName(name);
  const ofTheApi = seed.instances.filter(({ role }) => role === "control-plane");
  const publicIps = ofTheApi.flatMap(({ publicIp }) => publicIp ?? []);
  const privateIps = ofTheApi.map(({ privateIp }) => privateIp);
  const api = [
    { name: normalName(`api.${seed.cluster}`), type: "A", ttl: 60, values: publicIps },
    { name: normalName(`api.internal.${seed.cluster}`), type: "A", ttl: 60, values: privateIps },
  ];
  return {
    zoneId,
    name: zone,
    records: [
      { name: zone, type: "NS", ttl: 172800, values: nameServers.map((server) => `${server}.`) },
      {
        name: zone,
        type: "SOA",
        ttl: 900,
        values: [`${nameServers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`],
      },
      ...api.filter((record) => record.values.length > 0 && isInZone(record.name, zone)),
    ],
  };
}

type Opening = Pick<SecurityGroupRule, "ipProtocol" | "fromPort" | "toPort" | "cidrIpv4" | "referencedGroupId">;

const tcp = (fromPort: number, toPort = fromPort): Opening => ({ ipProtocol: "tcp", fromPort, toPort });
const everything: Opening = { ipProtocol: "-1", fromPort: -1, toPort: -1 };
const everybody = { cidrIpv4: "0.0.0.0/0" };

/**
 * Rules of kOps' security groups (pkg/model/awsmodel/firewall.go): SSH and the API from everywhere, all egress, and all
 * traffic between nodes except to the control plane's etcd.
 */
function openings(role: Role, groups: Readonly<Partial<Record<Role, string>>>): Opening[] {
  const { node: nodes, "control-plane": masters } = groups;
  const from = (referencedGroupId: string | undefined, ...what: Opening[]): Opening[] =>
    referencedGroupId === undefined ? [] : what.map((each) => ({ ...each, referencedGroupId }));
  if (role === "node") return [{ ...tcp(22), ...everybody }, ...from(nodes, everything), ...from(masters, everything)];
  return [
    ...[22, 443].map((port) => ({ ...tcp(port), ...everybody })),
    ...from(nodes, tcp(1, 2379), tcp(2382, 4000), tcp(4003, 65535), { ...tcp(1, 65535), ipProtocol: "udp" }),
  ];
}

/** A new account; all IDs except those of instances are random. */
export function seedAccount(seed: Seed): Account {
  const { region, cluster, subnetCidr } = seed;
  const availabilityZone = `${region}a`;
  const [network] = ipaddr.IPv4.parseCIDR(subnetCidr);
  const vpc = {
    vpcId: newId("vpc"),
    cidrBlock: `${ipaddr.IPv4.networkAddressFromCIDR(`${network.toString()}/16`).toString()}/16`,
    tags: clusterTags(cluster, cluster),
  };
  const subnet = {
    subnetId: newId("subnet"),
    vpcId: vpc.vpcId,
    cidrBlock: subnetCidr,
    availabilityZone,
    tags: {
      ...clusterTags(cluster, `${availabilityZone}.${cluster}`),
      SubnetType: "Public",
      "kubernetes.io/role/elb": "1",
    },
  };
  const place = { subnetId: subnet.subnetId, vpcId: vpc.vpcId };
  const present = (["control-plane", "node"] as const).filter((role) =>
    seed.instances.some((each) => each.role === role),
  );
  const groups = present.map((role): SecurityGroup => {
    const { securityGroup } = roles[role];
    return {
      groupId: newId("sg"),
      groupName: `${securityGroup}.${cluster}`,
      description: `Security group for ${securityGroup}`,
      vpcId: vpc.vpcId,
      tags: clusterTags(cluster, `${securityGroup}.${cluster}`),
    };
  });
  const ids: Partial<Record<Role, string>> = Object.fromEntries(
    present.map((role, index) => [role, groups[index]?.groupId]),
  );
  const instanceGroup = (role: Role): string => `${roles[role].group(availabilityZone)}.${cluster}`;
  const tagsOf = (role: Role): Tags => ({
    ...clusterTags(cluster, instanceGroup(role)),
    [`k8s.io/role/${role}`]: "1",
    "kops.k8s.io/instancegroup": `${role === "node" ? "nodes" : role}-${availabilityZone}`,
  });
  return {
    accountId: "123456789012",
    region,
    vpcs: [vpc],
    subnets: [subnet],
    instances: seed.instances.map(({ instanceId, instanceType, role }) => ({
      instanceId,
      instanceType,
      state: "running",
      launchTime: new Date().toISOString(),
      ...place,
      tags: { ...tagsOf(role), [groupTag]: instanceGroup(role) },
    })),
    networkInterfaces: seed.instances.map(({ instanceId, privateIp, publicIp, macAddress, role }) => ({
      networkInterfaceId: newId("eni"),
      ...place,
      macAddress,
      description: "",
      attachment: { attachmentId: newId("eni-attach"), instanceId, deviceIndex: 0 },
      privateIps: [{ privateIpAddress: privateIp, primary: true, ...(publicIp && { autoPublicIp: publicIp }) }],
      securityGroupIds: [ids[role] ?? ""],
      tags: tagsOf(role),
    })),
    addresses: [],
    securityGroups: groups,
    securityGroupRules: present.flatMap((role) =>
      [
        ...openings(role, ids).map((opening) => ({ ...opening, isEgress: false })),
        { ...everything, ...everybody, isEgress: true },
      ].map((opening) => ({ securityGroupRuleId: newId("sgr"), groupId: ids[role] ?? "", ...opening, tags: {} })),
    ),
    hostedZones: seed.hostedZone ? [seedZone(seed.hostedZone, seed)] : [],
    autoScalingGroups: present.map((role, number) => ({
      name: instanceGroup(role),
      arn: `arn:aws:autoscaling:${region}:123456789012:autoScalingGroup:00000000-0000-0000-0000-00000000000${number}:autoScalingGroupName/${instanceGroup(role)}`,
      subnetIds: [subnet.subnetId],
      targetGroupArns: [],
      tags: tagsOf(role),
    })),
    publicIpPool: [...seed.publicIpPool],
  };
}
