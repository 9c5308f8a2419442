/** Mode load-balancer: for each protocol a listener and the nodes behind it, which are those of the attached groups at any moment. */
import * as autoscaling from "@pulumi/aws/autoscaling";
import * as lb from "@pulumi/aws/lb";
import type * as pulumi from "@pulumi/pulumi";
import { clientPorts } from "../settings/ports";
import { type Resources, together } from "./allDone";
import type { Balancing } from "./balancerDiscovery";
import { healthCheck } from "./balancerHealth";
import type { ModeInputs } from "./mode";
import { tags } from "./tags";

/**
 * As kOps sets its own balancers (pkg/model/awsmodel/api_loadbalancer.go): seconds that it waits before it terminates a node that it has taken out,
 * after which the balancer ends the connections that are still open, so that their clients come again and find another node.
 */
const deregistration = { deregistrationDelay: 30, connectionTermination: true } as const;

/** Listeners, and the attachments of the groups to their targets. */
export function balancerTargets(
  { name, args, options }: ModeInputs,
  { vpcId, groups }: pulumi.Output<Balancing>,
  balancer: lb.LoadBalancer,
): Resources {
  const nodePorts = { https: args.httpsNodePort, http: args.httpNodePort };
  const protocols = (["https", "http"] as const).map((protocol): Resources => {
    const targets = new lb.TargetGroup(
      `${name}-${protocol}`,
      {
        port: nodePorts[protocol],
        protocol: "TCP",
        targetType: "instance",
        vpcId,
        proxyProtocolV2: args.proxyProtocol,
        healthCheck,
        ...deregistration,
        tags: tags(args, protocol),
      },
      options,
    );
    const listener = new lb.Listener(
      `${name}-${protocol}`,
      {
        loadBalancerArn: balancer.arn,
        port: clientPorts[protocol],
        protocol: "TCP",
        defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
        tags: tags(args, protocol),
      },
      options,
    );
    // Made inside apply: kOps' groups name them (docs/decisions/0013).
    const attachments = groups.apply((names) =>
      names.map(
        (autoscalingGroupName) =>
          new autoscaling.Attachment(
            `${name}-${protocol}-${autoscalingGroupName}`,
            { autoscalingGroupName, lbTargetGroupArn: targets.arn },
            options,
          ),
      ),
    );
    return together([listener], attachments);
  });
  return together(...protocols);
}
