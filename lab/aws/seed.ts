/** The account that `kops create cluster` leaves behind: VPC, subnet, control-plane instances and their security group. */
import ipaddr from "ipaddr.js";
import type { Account, HostedZone, SecurityGroup, SecurityGroupRule, Tags } from "./account";
import { groupTag } from "./autoscaling/targets";
import { newId } from "./ids";
import { isInZone, normalName } from "./route53/names";
import { nameServers } from "./route53/zones";

export interface SeedInstance {
  instanceId: string;
  instanceType: string;
  privateIp: string;
  /** Given by AWS at launch; no Elastic IP. */
  publicIp?: string;
  macAddress: string;
  role: "control-plane";
}

export interface Seed {
  region: string;
  /** Name of the kOps cluster, for example `k8s.example.com`. */
  cluster: string;
  /** The VPC is the /16 around it. */
  subnetCidr: string;
  instances: readonly SeedInstance[];
  /** `zoneId` without prefix. */
  hostedZone?: { zoneId: string; name: string };
  publicIpPool: readonly string[];
}

/** Tags that kOps puts on everything of a cluster. */
const clusterTags = (cluster: string, name: string): Tags => ({
  KubernetesCluster: cluster,
  Name: name,
  [`kubernetes.io/cluster/${cluster}`]: "owned",
});

/** A zone as Route 53 makes it, with the records that kOps' dns-controller keeps for the API. */
function seedZone({ zoneId, name }: { zoneId: string; name: string }, seed: Seed): HostedZone {
  const zone = normalName(name);
  const publicIps = seed.instances.flatMap(({ publicIp }) => publicIp ?? []);
  const privateIps = seed.instances.map(({ privateIp }) => privateIp);
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

/** What kOps opens on the control plane: SSH and the API from everywhere, and all egress. */
function controlPlaneRules({ groupId }: SecurityGroup): SecurityGroupRule[] {
  const rule = { groupId, cidrIpv4: "0.0.0.0/0" };
  return [
    ...[22, 443].map((port) => ({ ...rule, isEgress: false, ipProtocol: "tcp", fromPort: port, toPort: port })),
    { ...rule, isEgress: true, ipProtocol: "-1", fromPort: -1, toPort: -1 },
  ].map((one) => ({ securityGroupRuleId: newId("sgr"), ...one, tags: {} }));
}

/** A fresh account; ids other than the instances' are random. */
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
  const group: SecurityGroup = {
    groupId: newId("sg"),
    groupName: `masters.${cluster}`,
    description: "Security group for masters",
    vpcId: vpc.vpcId,
    tags: clusterTags(cluster, `masters.${cluster}`),
  };
  const place = { subnetId: subnet.subnetId, vpcId: vpc.vpcId };
  const instanceGroup = `control-plane-${availabilityZone}.masters.${cluster}`;
  const tags: Tags = {
    ...clusterTags(cluster, instanceGroup),
    "k8s.io/role/control-plane": "1",
    "kops.k8s.io/instancegroup": `control-plane-${availabilityZone}`,
  };
  return {
    accountId: "123456789012",
    region,
    vpcs: [vpc],
    subnets: [subnet],
    instances: seed.instances.map(({ instanceId, instanceType }) => ({
      instanceId,
      instanceType,
      state: "running",
      launchTime: new Date().toISOString(),
      ...place,
      tags: { ...tags, [groupTag]: instanceGroup },
    })),
    networkInterfaces: seed.instances.map(({ instanceId, privateIp, publicIp, macAddress }) => ({
      networkInterfaceId: newId("eni"),
      ...place,
      macAddress,
      description: "",
      attachment: { attachmentId: newId("eni-attach"), instanceId, deviceIndex: 0 },
      privateIps: [{ privateIpAddress: privateIp, primary: true, ...(publicIp && { autoPublicIp: publicIp }) }],
      securityGroupIds: [group.groupId],
      tags: { ...tags },
    })),
    addresses: [],
    securityGroups: [group],
    securityGroupRules: controlPlaneRules(group),
    hostedZones: seed.hostedZone ? [seedZone(seed.hostedZone, seed)] : [],
    autoScalingGroups: [
      {
        name: instanceGroup,
        arn: `arn:aws:autoscaling:${region}:123456789012:autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/${instanceGroup}`,
        subnetIds: [subnet.subnetId],
        targetGroupArns: [],
        tags: { ...tags },
      },
    ],
    publicIpPool: [...seed.publicIpPool],
  };
}
