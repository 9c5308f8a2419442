/** The lab's AWS account as plain data. The endpoint's actions change it, and the data plane is rendered from it. */

export type Tags = Record<string, string>;

export interface Vpc {
  vpcId: string;
  cidrBlock: string;
  /** CIDR blocks that were associated later. */
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

export interface RouteTable {
  routeTableId: string;
  vpcId: string;
  /** Of the subnets that no other table names. */
  main: boolean;
  subnetIds: string[];
  /** Target (`igw-…`, `nat-…`) by destination, without the VPC's own. */
  routes: Record<string, string>;
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
  /**
   * A public address assigned at launch. It is not an Elastic IP: a stop or the association of an Elastic IP releases
   * it.
   */
  autoPublicIp?: string;
  /** The address had a public one before the stop; a start assigns a new one unless the interface has an Elastic IP. */
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
  /** Of an Outpost's own network, from a customer-owned pool. */
  customerOwnedIp?: string;
  association?: { associationId: string; networkInterfaceId: string; privateIpAddress: string };
  /** PTR record for reverse DNS, with trailing dot. */
  ptrRecord?: string;
  /** The service that has allocated it for itself; it does not count against the quota. */
  serviceManaged?: "alb" | "nlb" | "rnat";
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
  /** Lower case, with trailing dot and Route 53's octal escapes. */
  name: string;
  type: string;
  /** Distinguishes record sets of the same name and type; absent for a simple record set. */
  setIdentifier?: string;
  /** 0 to 255, relative to the other record sets. */
  weight?: number;
  /** AWS Region for latency-based routing. */
  region?: string;
  failover?: "PRIMARY" | "SECONDARY";
  healthCheckId?: string;
  /** Seconds; absent for an alias. */
  ttl?: number;
  /** Empty for an alias. */
  values: string[];
  /** Alias target, in place of values; the name is normalized. */
  alias?: { zoneId: string; name: string; evaluateTargetHealth: boolean };
}

export interface HostedZone {
  /** Without the `/hostedzone/` prefix. */
  zoneId: string;
  name: string;
  records: RecordSet[];
  tags?: Tags;
}

/** Configuration of a Route 53 health check, with defaults filled in. */
export interface HealthCheckConfig {
  type: "HTTP" | "HTTPS" | "HTTP_STR_MATCH" | "HTTPS_STR_MATCH" | "TCP";
  /** Absent if the health checkers resolve the domain name. */
  ipAddress?: string;
  fullyQualifiedDomainName?: string;
  port: number;
  resourcePath?: string;
  /** Text that the body must contain, for the `*_STR_MATCH` types. */
  searchString?: string;
  /** Seconds: 10 or 30. */
  requestInterval: number;
  /** Consecutive results that change the status: 1 to 10. */
  failureThreshold: number;
  measureLatency: boolean;
  inverted: boolean;
  disabled: boolean;
  enableSni: boolean;
  /** Regions of the health checkers; absent for all. */
  regions?: string[];
}

export interface HealthCheck {
  /** A UUID. */
  healthCheckId: string;
  callerReference: string;
  /** Starts at 1; each update increments it. */
  version: number;
  config: HealthCheckConfig;
  tags?: Tags;
}

/** A record change that propagates to the name servers. */
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
  /** One in each zone, with the balancer's own network interface. */
  subnets: { subnetId: string; networkInterfaceId: string; allocationId?: string }[];
  securityGroupIds: string[];
  attributes: Record<string, string>;
  tags: Tags;
}

/** Target of a listener: the instances of the attached Auto Scaling groups. */
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
    /** Consecutive results. */
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

/** The tag `aws:autoscaling:groupName` of an instance names its group. */
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
  /** Absent for a main table with an internet gateway in each VPC. */
  routeTables?: RouteTable[];
  instances: Instance[];
  networkInterfaces: NetworkInterface[];
  addresses: Address[];
  securityGroups: SecurityGroup[];
  securityGroupRules: SecurityGroupRule[];
  hostedZones: HostedZone[];
  healthChecks?: HealthCheck[];
  /** Caller references of deleted health checks; Route 53 rejects them. */
  spentHealthCheckReferences?: string[];
  /** Oldest first. */
  recordChanges?: RecordChange[];
  loadBalancers?: LoadBalancer[];
  targetGroups?: TargetGroup[];
  listeners?: Listener[];
  autoScalingGroups?: AutoScalingGroup[];
  /** Results of the balancers' health checks; absent if no health checker runs. */
  targetHealth?: { targetGroupArn: string; instanceId: string; state: "initial" | "healthy" | "unhealthy" }[];
  /** Deregistered targets and the time of deregistration (ISO 8601). */
  deregisteredTargets?: { targetGroupArn: string; instanceId: string; since: string }[];
  /** Seconds until a new balancer is active and until a deleted one's interfaces are removed; absent for none. */
  balancerSeconds?: number;
  /** Interfaces that outlive their deleted balancers, with the time of removal (milliseconds since 1970). */
  leavingInterfaces?: { networkInterfaceIds: string[]; until: number }[];
  /** Assumed-role sessions: access key and ARN. */
  sessions?: { accessKeyId: string; arn: string }[];
  /** Free public addresses; AllocateAddress takes the first. */
  publicIpPool: string[];
}
