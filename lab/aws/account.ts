/** The lab's AWS account as plain data: what the endpoint's actions change and the data plane is rendered from. */

export type Tags = Record<string, string>;

export interface Vpc {
  vpcId: string;
  cidrBlock: string;
  /** Ranges that were added later. */
  moreCidrBlocks?: { cidrBlock: string; state: "associated" | "disassociating" }[];
  tags: Tags;
}

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
  /** Tells apart the record sets of one name and type; absent for the only one. */
  setIdentifier?: string;
  /** Share of the answers: 0 to 255. */
  weight?: number;
  /** The AWS Region whose latency counts. */
  region?: string;
  failover?: "PRIMARY" | "SECONDARY";
  healthCheckId?: string;
  /** Seconds; absent for an alias. */
  ttl?: number;
  /** Empty for an alias. */
  values: string[];
  /** What is answered instead of values; the name is in normal form. */
  alias?: { zoneId: string; name: string; evaluateTargetHealth: boolean };
}

export interface HostedZone {
  /** Without the `/hostedzone/` prefix. */
  zoneId: string;
  name: string;
  records: RecordSet[];
  tags?: Tags;
}

/** What Route 53's health checkers ask, and how often; defaults are filled in. */
export interface HealthCheckConfig {
  type: "HTTP" | "HTTPS" | "HTTP_STR_MATCH" | "HTTPS_STR_MATCH" | "TCP";
  /** Absent where the name is resolved for each request. */
  ipAddress?: string;
  fullyQualifiedDomainName?: string;
  port: number;
  resourcePath?: string;
  /** What the body must contain, for the types that match a string. */
  searchString?: string;
  /** Seconds: 10 or 30. */
  requestInterval: number;
  /** Answers in a row that change the status: 1 to 10. */
  failureThreshold: number;
  measureLatency: boolean;
  inverted: boolean;
  disabled: boolean;
  enableSni: boolean;
  /** Where health checkers ask from; absent for everywhere. */
  regions?: string[];
}

export interface HealthCheck {
  /** A UUID. */
  healthCheckId: string;
  callerReference: string;
  /** 1 at first, one more with each update. */
  version: number;
  config: HealthCheckConfig;
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

/** A Network Load Balancer. */
export interface LoadBalancer {
  arn: string;
  name: string;
  scheme: "internet-facing" | "internal";
  state: "provisioning" | "active";
  /** ISO 8601. */
  createdTime: string;
  vpcId: string;
  /** One in each zone, with an interface of the balancer's own. */
  subnets: { subnetId: string; networkInterfaceId: string; allocationId?: string }[];
  securityGroupIds: string[];
  attributes: Record<string, string>;
  tags: Tags;
}

/** Where a listener leads: the instances of the Auto Scaling groups that are attached to it. */
export interface TargetGroup {
  arn: string;
  name: string;
  protocol: string;
  port: number;
  vpcId: string;
  healthCheck: {
    protocol: string;
    /** `traffic-port` or a number. */
    port: string;
    /** Seconds. */
    interval: number;
    timeout: number;
    /** Answers in a row. */
    healthyThreshold: number;
    unhealthyThreshold: number;
  };
  attributes: Record<string, string>;
  tags: Tags;
}

export interface Listener {
  arn: string;
  loadBalancerArn: string;
  protocol: string;
  port: number;
  targetGroupArn: string;
  attributes: Record<string, string>;
  tags: Tags;
}

/** Its instances carry its name in the tag `aws:autoscaling:groupName`. */
export interface AutoScalingGroup {
  name: string;
  arn: string;
  subnetIds: string[];
  targetGroupArns: string[];
  tags: Tags;
}

export interface Account {
  /** Twelve digits. */
  accountId: string;
  region: string;
  vpcs: Vpc[];
  subnets: Subnet[];
  instances: Instance[];
  networkInterfaces: NetworkInterface[];
  addresses: Address[];
  securityGroups: SecurityGroup[];
  securityGroupRules: SecurityGroupRule[];
  hostedZones: HostedZone[];
  healthChecks?: HealthCheck[];
  /** Caller references of deleted health checks: Route 53 does not take them again. */
  spentHealthCheckReferences?: string[];
  /** Oldest first. */
  recordChanges?: RecordChange[];
  loadBalancers?: LoadBalancer[];
  targetGroups?: TargetGroup[];
  listeners?: Listener[];
  autoScalingGroups?: AutoScalingGroup[];
  /** What the balancers' health checks have found; absent where nobody asks the targets. */
  targetHealth?: { targetGroupArn: string; instanceId: string; state: "initial" | "healthy" | "unhealthy" }[];
  /** Targets that somebody has taken out of a group, since when (ISO 8601). */
  deregisteredTargets?: { targetGroupArn: string; instanceId: string; since: string }[];
  /** Seconds until a new balancer is active, and until a deleted one's interfaces are gone; absent for at once. */
  balancerSeconds?: number;
  /** Interfaces of deleted balancers that are still there, and until when (milliseconds since 1970). */
  leavingInterfaces?: { networkInterfaceIds: string[]; until: number }[];
  /** Roles that somebody has assumed: the session's access key and ARN. */
  sessions?: { accessKeyId: string; arn: string }[];
  /** Public addresses still free in AWS's pool, taken from the front by AllocateAddress. */
  publicIpPool: string[];
}
