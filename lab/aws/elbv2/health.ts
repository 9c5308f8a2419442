/**
 * Target health, and the targets that a balancer forwards connections to:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html
 */
import type { Account, Instance, TargetGroup } from "../account";
import { instancesOf } from "../autoscaling/instances";

/** The result of a target's health checks so far. */
export interface Verdict {
  state: "initial" | "healthy" | "unhealthy";
  /** Consecutive results that contradict the state; for a new target, consecutive equal results. */
  streak: number;
  /** The result being counted. */
  ok: boolean;
}

export const newTarget: Verdict = { state: "initial", streak: 0, ok: true };

/** @param ok whether the target passed this health check */
export function judge({ healthCheck }: TargetGroup, before: Verdict, ok: boolean): Verdict {
  if (before.state === (ok ? "healthy" : "unhealthy")) return { ...before, streak: 0 };
  const streak = before.ok === ok ? before.streak + 1 : 1;
  const enough = ok ? healthCheck.healthyThreshold : healthCheck.unhealthyThreshold;
  return streak >= enough
    ? { state: ok ? "healthy" : "unhealthy", streak: 0, ok }
    : { state: before.state, streak, ok };
}

const registered = (account: Account, arn: string): Instance[] =>
  (account.autoScalingGroups ?? [])
    .filter(({ targetGroupArns }) => targetGroupArns.includes(arn))
    .flatMap(({ name }) => instancesOf(account, name));

const deregistration = ({ deregisteredTargets = [] }: Account, arn: string, instanceId: string) =>
  deregisteredTargets.find((each) => each.targetGroupArn === arn && each.instanceId === instanceId);

/** The registered targets of a group: instances of its Auto Scaling groups that were not deregistered. */
export const targetsOf = (account: Account, arn: string): Instance[] =>
  registered(account, arn).filter(({ instanceId }) => !deregistration(account, arn, instanceId));

/**
 * Targets of new connections: the healthy ones, or all if none is ("fail open"). Without health checks, all targets
 * count as healthy.
 */
export function servingTargets(account: Account, arn: string): Instance[] {
  const running = targetsOf(account, arn).filter(({ state }) => state === "running");
  const healthy = running.filter(({ instanceId }) => stateOf(account, arn, instanceId) === "healthy");
  return healthy.length > 0 ? healthy : running;
}

function stateOf({ targetHealth }: Account, targetGroupArn: string, instanceId: string): Verdict["state"] {
  if (!targetHealth) return "healthy";
  const found = targetHealth.find((each) => each.targetGroupArn === targetGroupArn && each.instanceId === instanceId);
  return found?.state ?? "initial";
}

export interface Described {
  instanceId: string;
  state: string;
  reason?: string;
}

const reasons = {
  initial: { reason: "Elb.InitialHealthChecking" },
  unhealthy: { reason: "Target.FailedHealthChecks" },
  healthy: {},
} as const;

/**
 * The response of DescribeTargetHealth.
 * @param instanceIds instances to describe; one that is not a target is `unused`. Without it, all targets including
 * draining ones
 * @param now milliseconds since 1970
 */
export function describeTargets(
  account: Account,
  group: TargetGroup,
  { inUse, instanceIds, now }: { inUse: boolean; instanceIds: readonly string[]; now: number },
): Described[] {
  const delay = Number(group.attributes["deregistration_delay.timeout_seconds"]) * 1000;
  const describe = (instanceId: string): Described => {
    const leaving = deregistration(account, group.arn, instanceId);
    if (leaving && Date.parse(leaving.since) + delay > now)
      return { instanceId, state: "draining", reason: "Target.DeregistrationInProgress" };
    const target = targetsOf(account, group.arn).find((each) => each.instanceId === instanceId);
    if (!target) return { instanceId, state: "unused", reason: "Target.NotRegistered" };
    if (!inUse) return { instanceId, state: "unused", reason: "Target.NotInUse" };
    if (target.state !== "running") return { instanceId, state: "unused", reason: "Target.InvalidState" };
    const state = stateOf(account, group.arn, instanceId);
    return { instanceId, state, ...reasons[state] };
  };
  if (instanceIds.length > 0) return instanceIds.map(describe);
  return registered(account, group.arn)
    .map(({ instanceId }) => describe(instanceId))
    .filter(({ reason }) => reason !== "Target.NotRegistered");
}
