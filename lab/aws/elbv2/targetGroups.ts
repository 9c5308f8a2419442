/** Target groups of instances, and their target health. */
import { z } from "zod";
import type { Account, TargetGroup } from "../account";
import { action, type Answer } from "../action";
import { AwsError, notFound } from "../errors";
import { memberList, members, pairs, tagMembers, tagsOf } from "../members";
import { boolean, integer } from "../parameters";
import { arnOf, checkName, findTargetGroup, newSuffix, setAttributes, validationError } from "./find";
import { describeTargets, targetsOf } from "./health";

/** Default attributes of a TCP target group. */
const defaultAttributes = {
  "deregistration_delay.connection_termination.enabled": "false",
  "deregistration_delay.timeout_seconds": "300",
  "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
  "preserve_client_ip.enabled": "true",
  "proxy_protocol_v2.enabled": "false",
  "stickiness.enabled": "false",
  "stickiness.type": "source_ip",
  "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
  "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
  "target_health_state.unhealthy.connection_termination.enabled": "true",
  "target_health_state.unhealthy.draining_interval_seconds": "0",
} as const;

const port = integer.refine((value) => value >= 1 && value <= 65535, "It is not a port");
const healthCheck = {
  HealthCheckEnabled: boolean.optional(),
  // AWS has other protocols; the lab's health checker only connects.
  HealthCheckProtocol: z.literal("TCP").optional(),
  HealthCheckPort: z.string().optional(),
  HealthCheckIntervalSeconds: integer.optional(),
  HealthCheckTimeoutSeconds: integer.optional(),
  HealthyThresholdCount: integer.optional(),
  UnhealthyThresholdCount: integer.optional(),
};
type HealthCheckRequest = z.output<z.ZodObject<typeof healthCheck>>;

/**
 * Ranges and defaults: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html
 */
function checked(request: HealthCheckRequest, before?: TargetGroup["healthCheck"]): TargetGroup["healthCheck"] {
  const result = {
    protocol: request.HealthCheckProtocol ?? before?.protocol ?? "TCP",
    port: request.HealthCheckPort ?? before?.port ?? "traffic-port",
    interval: request.HealthCheckIntervalSeconds ?? before?.interval ?? 30,
    timeout: request.HealthCheckTimeoutSeconds ?? before?.timeout ?? 10,
    healthyThreshold: request.HealthyThresholdCount ?? before?.healthyThreshold ?? 5,
    unhealthyThreshold: request.UnhealthyThresholdCount ?? before?.unhealthyThreshold ?? 2,
  };
  if (result.interval < 5 || result.interval > 300)
    throw validationError("Health check interval must be between '5' and '300' seconds");
  if (result.timeout < 2 || result.timeout > 120)
    throw validationError("Health check timeout must be between '2' and '120' seconds");
  for (const threshold of [result.healthyThreshold, result.unhealthyThreshold])
    if (threshold < 2 || threshold > 10) throw validationError("Threshold count must be between '2' and '10'");
  return result;
}

export const createTargetGroup = action(
  "mutates",
  z.strictObject({
    Name: z.string(),
    Protocol: z.literal("TCP"),
    Port: port,
    VpcId: z.string(),
    TargetType: z.literal("instance").default("instance"),
    IpAddressType: z.literal("ipv4").optional(),
    ...healthCheck,
    Tags: tagMembers,
  }),
  (account, { Name, Protocol, Port, VpcId, Tags, ...request }) => {
    checkName("target group", Name);
    if ((account.targetGroups ?? []).some(({ name }) => name === Name))
      throw new AwsError(
        "DuplicateTargetGroupName",
        `A target group with the same name '${Name}' exists, but with different settings`,
      );
    if (!account.vpcs.some(({ vpcId }) => vpcId === VpcId)) throw notFound("vpc", VpcId);
    const group: TargetGroup = {
      arn: arnOf(account, `targetgroup/${Name}/${newSuffix()}`),
      name: Name,
      protocol: Protocol,
      port: Port,
      vpcId: VpcId,
      healthCheck: checked(request),
      attributes: { ...defaultAttributes },
      tags: tagsOf(Tags),
    };
    (account.targetGroups ??= []).push(group);
    return { TargetGroups: memberList([groupData(account, group)]) };
  },
);

const usedBy = ({ listeners = [] }: Account, group: TargetGroup): string[] => [
  ...new Set(
    listeners
      .filter(({ targetGroupArn }) => targetGroupArn === group.arn)
      .map(({ loadBalancerArn }) => loadBalancerArn),
  ),
];

function groupData(account: Account, group: TargetGroup): Answer {
  const { arn, name, protocol, port, vpcId, healthCheck } = group;
  return {
    TargetGroupArn: arn,
    TargetGroupName: name,
    Protocol: protocol,
    Port: port,
    VpcId: vpcId,
    HealthCheckProtocol: healthCheck.protocol,
    HealthCheckPort: healthCheck.port,
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: healthCheck.interval,
    HealthCheckTimeoutSeconds: healthCheck.timeout,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    LoadBalancerArns: memberList(usedBy(account, group)),
    TargetType: "instance",
    IpAddressType: "ipv4",
  };
}

export const describeTargetGroups = action(
  "reads",
  z.strictObject({
    TargetGroupArns: members(z.string()),
    Names: members(z.string()),
    LoadBalancerArn: z.string().optional(),
    Marker: z.string().optional(),
    PageSize: z.string().optional(),
  }),
  (account, { TargetGroupArns, Names, LoadBalancerArn }) => {
    const all = account.targetGroups ?? [];
    const unknown = Names.find((name) => !all.some((each) => each.name === name));
    if (unknown !== undefined) throw new AwsError("TargetGroupNotFound", `Target groups '[${unknown}]' not found`);
    const named =
      TargetGroupArns.length > 0
        ? TargetGroupArns.map((arn) => findTargetGroup(account, arn))
        : all.filter(({ name }) => Names.length === 0 || Names.includes(name));
    const chosen = named.filter(
      (each) => LoadBalancerArn === undefined || usedBy(account, each).includes(LoadBalancerArn),
    );
    return { TargetGroups: memberList(chosen.map((each) => groupData(account, each))) };
  },
);

export const modifyTargetGroup = action(
  "mutates",
  z.strictObject({ TargetGroupArn: z.string(), ...healthCheck }),
  (account, { TargetGroupArn, ...request }) => {
    const group = findTargetGroup(account, TargetGroupArn);
    group.healthCheck = checked(request, group.healthCheck);
    return { TargetGroups: memberList([groupData(account, group)]) };
  },
);

export const describeTargetGroupAttributes = action(
  "reads",
  z.strictObject({ TargetGroupArn: z.string() }),
  (account, { TargetGroupArn }) => ({ Attributes: pairs(findTargetGroup(account, TargetGroupArn).attributes) }),
);

export const modifyTargetGroupAttributes = action(
  "mutates",
  z.strictObject({
    TargetGroupArn: z.string(),
    Attributes: members(z.strictObject({ Key: z.string(), Value: z.string().optional() })),
  }),
  (account, { TargetGroupArn, Attributes }) => {
    const { attributes } = findTargetGroup(account, TargetGroupArn);
    setAttributes("Target group", attributes, Attributes);
    return { Attributes: pairs(attributes) };
  },
);

export const deleteTargetGroup = action(
  "mutates",
  z.strictObject({ TargetGroupArn: z.string() }),
  (account, { TargetGroupArn }) => {
    const group = account.targetGroups?.find(({ arn }) => arn === TargetGroupArn);
    if (!group) return {};
    if (usedBy(account, group).length > 0)
      throw new AwsError(
        "ResourceInUse",
        `Target group '${TargetGroupArn}' is currently in use by a listener or a rule`,
      );
    account.targetGroups = account.targetGroups?.filter((each) => each !== group) ?? [];
    account.deregisteredTargets = account.deregisteredTargets?.filter((each) => each.targetGroupArn !== TargetGroupArn);
    for (const each of account.autoScalingGroups ?? [])
      each.targetGroupArns = each.targetGroupArns.filter((arn) => arn !== TargetGroupArn);
    return {};
  },
);

const targets = members(z.strictObject({ Id: z.string(), Port: port.optional() }));

export const describeTargetHealth = action(
  "reads",
  z.strictObject({ TargetGroupArn: z.string(), Targets: targets }),
  (account, { TargetGroupArn, Targets }) => {
    const group = findTargetGroup(account, TargetGroupArn);
    const inUse = usedBy(account, group).length > 0;
    const instanceIds = Targets.map(({ Id }) => Id);
    return {
      TargetHealthDescriptions: memberList(
        describeTargets(account, group, { inUse, instanceIds, now: Date.now() }).map(
          ({ instanceId, state, reason }) => ({
            Target: { Id: instanceId, Port: group.port },
            HealthCheckPort: group.port,
            TargetHealth: { State: state, Reason: reason },
          }),
        ),
      ),
    };
  },
);

/** Stops new connections to the targets; ignores instances that are no longer targets, as AWS does. */
export const deregisterTargets = action(
  "mutates",
  z.strictObject({ TargetGroupArn: z.string(), Targets: targets }),
  (account, { TargetGroupArn, Targets }) => {
    findTargetGroup(account, TargetGroupArn);
    if (Targets.length === 0) throw validationError("At least one target must be specified");
    const present = targetsOf(account, TargetGroupArn).map(({ instanceId }) => instanceId);
    const since = new Date().toISOString();
    for (const { Id: instanceId } of Targets)
      if (present.includes(instanceId))
        (account.deregisteredTargets ??= []).push({ targetGroupArn: TargetGroupArn, instanceId, since });
    return {};
  },
);
