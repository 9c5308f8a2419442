/** aws.lb.Listener that forwards TCP to one target group: listener.go of internal/service/elbv2. */
import { type Properties, type ResourceType, text } from "../resource";
import { elbClient, elbSdk, region, unlessGone } from "./client";
import { elbTags, readElbTags, updateElbTags } from "./elbTags";

const gone = ["ListenerNotFoundException", "ListenerNotFound"];

interface DefaultAction {
  type: string;
  targetGroupArn: string;
}

const actionsOf = (inputs: Properties) =>
  (inputs["defaultActions"] as DefaultAction[]).map(({ targetGroupArn }) => ({
    Type: "forward" as const,
    TargetGroupArn: targetGroupArn,
  }));

async function read(id: string): Promise<Properties | undefined> {
  const sdk = elbSdk();
  const answer = await unlessGone(elbClient().send(new sdk.DescribeListenersCommand({ ListenerArns: [id] })), ...gone);
  const listener = answer?.Listeners?.[0];
  if (!listener) return undefined;
  await elbClient().send(new sdk.DescribeListenerAttributesCommand({ ListenerArn: id }));
  return {
    arn: id,
    defaultActions: (listener.DefaultActions ?? []).map(({ TargetGroupArn }) => ({
      type: "forward",
      targetGroupArn: TargetGroupArn,
    })),
    loadBalancerArn: listener.LoadBalancerArn,
    port: listener.Port,
    protocol: listener.Protocol,
    region: await region(),
    ...(await readElbTags(id)),
  };
}

export const listener: ResourceType = {
  inputs: ["defaultActions", "loadBalancerArn", "port", "protocol", "tags"],
  computed: ["arn", "region", "tagsAll"],
  recomputed: ["tagsAll"],
  replaceOn: ["loadBalancerArn"],
  create: async (inputs) => {
    const sdk = elbSdk();
    const answer = await elbClient().send(
      new sdk.CreateListenerCommand({
        LoadBalancerArn: text(inputs, "loadBalancerArn"),
        Protocol: "TCP",
        Port: Number(inputs["port"]),
        DefaultActions: actionsOf(inputs),
        ...elbTags(inputs),
      }),
    );
    const id = answer.Listeners?.[0]?.ListenerArn ?? "";
    return { id, outputs: { ...inputs, ...(await read(id)) } };
  },
  read,
  update: async (id, olds, news) => {
    const sdk = elbSdk();
    await updateElbTags(id, olds, news);
    const changed = ["defaultActions", "port"].some(
      (name) => JSON.stringify(olds[name]) !== JSON.stringify(news[name]),
    );
    if (changed)
      await elbClient().send(
        new sdk.ModifyListenerCommand({ ListenerArn: id, Port: Number(news["port"]), DefaultActions: actionsOf(news) }),
      );
    return { ...olds, ...news, ...(await read(id)) };
  },
  delete: async (id) => {
    const sdk = elbSdk();
    await unlessGone(elbClient().send(new sdk.DeleteListenerCommand({ ListenerArn: id })), ...gone);
  },
};
