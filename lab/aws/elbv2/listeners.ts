/** Listeners: each forwards one port of a balancer to one target group. */
import { z } from "zod";
import type { Account, Listener } from "../account";
import { action, type Answer } from "../action";
import { AwsError } from "../errors";
import { memberList, members, pairs, tagMembers, tagsOf } from "../members";
import { integer } from "../parameters";
import { findListener, findLoadBalancer, findTargetGroup, newSuffix, setAttributes } from "./find";

const forward = z.strictObject({
  Type: z.literal("forward"),
  TargetGroupArn: z.string().optional(),
  Order: integer.optional(),
  ForwardConfig: z
    .strictObject({
      TargetGroups: members(z.strictObject({ TargetGroupArn: z.string(), Weight: integer.optional() })),
    })
    .optional(),
});

/** @throws AwsError unless the actions name exactly one target group */
function targetGroupOf(account: Account, actions: readonly z.output<typeof forward>[]): string {
  const [only, second] = actions;
  const arn = only?.TargetGroupArn ?? only?.ForwardConfig?.TargetGroups[0]?.TargetGroupArn;
  if (arn === undefined || second)
    throw new AwsError(
      "InvalidLoadBalancerAction",
      "A listener's default actions must be one 'forward' with a target group",
    );
  return findTargetGroup(account, arn).arn;
}

function listenerData({ arn, loadBalancerArn, port, protocol, targetGroupArn }: Listener): Answer {
  const TargetGroups = memberList([{ TargetGroupArn: targetGroupArn }]);
  return {
    ListenerArn: arn,
    LoadBalancerArn: loadBalancerArn,
    Port: port,
    Protocol: protocol,
    DefaultActions: memberList([
      { Type: "forward", TargetGroupArn: targetGroupArn, Order: 1, ForwardConfig: { TargetGroups } },
    ]),
  };
}

export const createListener = action(
  "mutates",
  z.strictObject({
    LoadBalancerArn: z.string(),
    Protocol: z.literal("TCP"),
    Port: integer,
    DefaultActions: members(forward),
    Tags: tagMembers,
  }),
  (account, { LoadBalancerArn, Protocol, Port, DefaultActions, Tags }) => {
    const balancer = findLoadBalancer(account, LoadBalancerArn);
    const targetGroupArn = targetGroupOf(account, DefaultActions);
    if ((account.listeners ?? []).some((each) => each.loadBalancerArn === LoadBalancerArn && each.port === Port))
      throw new AwsError("DuplicateListener", "A listener already exists on this port for this load balancer");
    const listener: Listener = {
      arn: `${balancer.arn.replace(":loadbalancer/", ":listener/")}/${newSuffix()}`,
      loadBalancerArn: LoadBalancerArn,
      protocol: Protocol,
      port: Port,
      targetGroupArn,
      attributes: { "tcp.idle_timeout.seconds": "350" },
      tags: tagsOf(Tags),
    };
    (account.listeners ??= []).push(listener);
    return { Listeners: memberList([listenerData(listener)]) };
  },
);

export const describeListeners = action(
  "reads",
  z.strictObject({
    ListenerArns: members(z.string()),
    LoadBalancerArn: z.string().optional(),
    Marker: z.string().optional(),
    PageSize: z.string().optional(),
  }),
  (account, { ListenerArns, LoadBalancerArn }) => {
    const chosen =
      ListenerArns.length > 0
        ? ListenerArns.map((arn) => findListener(account, arn))
        : (account.listeners ?? []).filter(
            (each) => each.loadBalancerArn === findLoadBalancer(account, LoadBalancerArn ?? "").arn,
          );
    return { Listeners: memberList(chosen.map(listenerData)) };
  },
);

export const modifyListener = action(
  "mutates",
  z.strictObject({
    ListenerArn: z.string(),
    Port: integer.optional(),
    Protocol: z.literal("TCP").optional(),
    DefaultActions: members(forward),
  }),
  (account, { ListenerArn, Port, DefaultActions }) => {
    const listener = findListener(account, ListenerArn);
    if (Port !== undefined) listener.port = Port;
    if (DefaultActions.length > 0) listener.targetGroupArn = targetGroupOf(account, DefaultActions);
    return { Listeners: memberList([listenerData(listener)]) };
  },
);

export const describeListenerAttributes = action(
  "reads",
  z.strictObject({ ListenerArn: z.string() }),
  (account, { ListenerArn }) => ({ Attributes: pairs(findListener(account, ListenerArn).attributes) }),
);

export const modifyListenerAttributes = action(
  "mutates",
  z.strictObject({
    ListenerArn: z.string(),
    Attributes: members(z.strictObject({ Key: z.string(), Value: z.string().optional() })),
  }),
  (account, { ListenerArn, Attributes }) => {
    const { attributes } = findListener(account, ListenerArn);
    setAttributes("Listener", attributes, Attributes);
    return { Attributes: pairs(attributes) };
  },
);

export const deleteListener = action(
  "mutates",
  z.strictObject({ ListenerArn: z.string() }),
  (account, { ListenerArn }) => {
    findListener(account, ListenerArn);
    account.listeners = account.listeners?.filter(({ arn }) => arn !== ListenerArn) ?? [];
    return {};
  },
);
