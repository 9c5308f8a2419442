/** aws.autoscaling.Attachment of a target group: attachment.go of internal/service/autoscaling. */
import { randomBytes } from "node:crypto";
import { type Properties, type ResourceType, text } from "../resource";
import { autoscalingClient, autoscalingSdk, region } from "./client";

const request = (properties: Properties) => ({
  AutoScalingGroupName: text(properties, "autoscalingGroupName"),
  TargetGroupARNs: [text(properties, "lbTargetGroupArn")],
});

async function read(_id: string, properties: Properties): Promise<Properties | undefined> {
  const { AutoScalingGroupName, TargetGroupARNs } = request(properties);
  const { AutoScalingGroups = [] } = await autoscalingClient().send(
    new (autoscalingSdk().DescribeAutoScalingGroupsCommand)({ AutoScalingGroupNames: [AutoScalingGroupName] }),
  );
  const attached = AutoScalingGroups[0]?.TargetGroupARNs?.includes(TargetGroupARNs[0] ?? "") ?? false;
  return attached
    ? {
        autoscalingGroupName: AutoScalingGroupName,
        lbTargetGroupArn: TargetGroupARNs[0],
        region: await region(),
      }
    : undefined;
}

export const autoscalingAttachment: ResourceType = {
  inputs: ["autoscalingGroupName", "lbTargetGroupArn"],
  computed: ["region"],
  replaceOn: ["autoscalingGroupName", "lbTargetGroupArn"],
  create: async (inputs) => {
    const id = `${text(inputs, "autoscalingGroupName")}-${randomBytes(13).toString("hex")}`;
    await autoscalingClient().send(new (autoscalingSdk().AttachLoadBalancerTargetGroupsCommand)(request(inputs)));
    return { id, outputs: { ...inputs, ...(await read(id, inputs)) } };
  },
  read,
  delete: async (_id, outputs) => {
    await autoscalingClient().send(new (autoscalingSdk().DetachLoadBalancerTargetGroupsCommand)(request(outputs)));
  },
};
