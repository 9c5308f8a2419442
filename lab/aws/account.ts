/** The lab's AWS account as plain data: what the endpoint's actions change and the data plane is rendered from. */

export type Tags = Record<string, string>;

export interface Subnet {
  subnetId: string;
  vpcId: string;
  cidrBlock: string;
  availabilityZone: string;
  tags: Tags;
}

export interface Instance {
  instanceId: string;
  instanceType: string;
  state: "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";
  /** ISO 8601. */
  launchTime: string;
  subnetId: string;
  vpcId: string;
  tags: Tags;
}

export interface PrivateIp {
  privateIpAddress: string;
  primary: boolean;
  /** A public address that AWS gave at launch; it is no Elastic IP and is lost at a stop or when an EIP takes its place. */
  autoPublicIp?: string;
  /** It had one before the instance was stopped, and gets another at the start unless an Elastic IP is on the interface. */
  hadAutoPublicIp?: true;
}

export interface NetworkInterface {
  networkInterfaceId: string;
  subnetId: string;
  vpcId: string;
  macAddress: string;
  description: string;
  /** Absent when detached. */
  attachment?: { attachmentId: string; instanceId: string; deviceIndex: number };
  /** Primary first, then in the order of assignment. */
  privateIps: PrivateIp[];
  securityGroupIds: string[];
  tags: Tags;
}

/** An Elastic IP. */
export interface Address {
  allocationId: string;
  publicIp: string;
  networkBorderGroup: string;
  publicIpv4Pool: string;
  association?: { associationId: string; networkInterfaceId: string; privateIpAddress: string };
  /** The name that a reverse look-up gives, with trailing dot. */
  ptrRecord?: string;
  tags: Tags;
}

export interface SecurityGroupRule {
  securityGroupRuleId: string;
  groupId: string;
  isEgress: boolean;
  /** `tcp`, `udp`, `icmp` or `-1` for all. */
  ipProtocol: string;
  /** -1 for all. */
  fromPort: number;
  /** -1 for all. */
  toPort: number;
  cidrIpv4?: string;
  cidrIpv6?: string;
  referencedGroupId?: string;
  description?: string;
  tags: Tags;
}

export interface SecurityGroup {
  groupId: string;
  groupName: string;
  description: string;
  vpcId: string;
  tags: Tags;
}

export interface RecordSet {
  /** Lower case with trailing dot, octal escapes as Route 53 writes them. */
  name: string;
  type: string;
  /** Seconds. */
  ttl: number;
  values: string[];
}

export interface HostedZone {
  /** Without the `/hostedzone/` prefix. */
  zoneId: string;
  name: string;
  records: RecordSet[];
  tags?: Tags;
}

/** A change of records on its way to the name servers. */
export interface RecordChange {
  /** Without the `/change/` prefix. */
  changeId: string;
  /** ISO 8601. */
  submittedAt: string;
  comment?: string;
}

export interface Account {
  /** Twelve digits. */
  accountId: string;
  region: string;
  vpcs: { vpcId: string; cidrBlock: string; tags: Tags }[];
  subnets: Subnet[];
  instances: Instance[];
  networkInterfaces: NetworkInterface[];
  addresses: Address[];
  securityGroups: SecurityGroup[];
  securityGroupRules: SecurityGroupRule[];
  hostedZones: HostedZone[];
  /** Oldest first. */
  recordChanges?: RecordChange[];
  /** Roles that somebody has assumed: the session's access key and ARN. */
  sessions?: { accessKeyId: string; arn: string }[];
  /** Public addresses still free in AWS's pool, taken from the front by AllocateAddress. */
  publicIpPool: string[];
}
