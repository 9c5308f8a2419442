/** aws.lb.TargetGroup of instances with protocol TCP: target_group.go of internal/service/elbv2. */
import type { TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import { PartlyCreated, type Properties, type ResourceType, text } from "../resource";
import { autoName } from "./autoName";
import { elbClient, elbSdk, eventually, isAwsError, region, unlessGone } from "./client";
import { elbTags, readElbTags, updateElbTags } from "./elbTags";

interface HealthCheck {
  protocol?: string;
  port?: string;
  interval?: number;
  timeout?: number;
  healthyThreshold?: number;
  unhealthyThreshold?: number;
}

/** Inputs that map to attributes of the group. */
const attributes = {
  connectionTermination: "deregistration_delay.connection_termination.enabled",
  deregistrationDelay: "deregistration_delay.timeout_seconds",
  proxyProtocolV2: "proxy_protocol_v2.enabled",
} as const;

function healthCheckRequest(inputs: Properties): object {
  const check = (inputs["healthCheck"] ?? {}) as HealthCheck;
  return {
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: check.port,
    HealthCheckIntervalSeconds: check.interval,
    HealthCheckTimeoutSeconds: check.timeout,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
  };
}

async function find(arn: string): Promise<TargetGroup | undefined> {
  const sdk = elbSdk();
  const answer = await unlessGone(
    elbClient().send(new sdk.DescribeTargetGroupsCommand({ TargetGroupArns: [arn] })),
    "TargetGroupNotFoundException",
    "TargetGroupNotFound",
  );
  return answer?.TargetGroups?.[0];
}

async function setAttributes(TargetGroupArn: string, inputs: Properties): Promise<void> {
  const sdk = elbSdk();
  const given = Object.entries(attributes).filter(([name]) => inputs[name] !== undefined);
  if (given.length === 0) return;
  const Attributes = given.map(([name, Key]) => ({ Key, Value: String(inputs[name]) }));
  await elbClient().send(new sdk.ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }));
}

async function read(id: string): Promise<Properties | undefined> {
  const sdk = elbSdk();
  const group = await find(id);
  if (!group) return undefined;
  const { Attributes = [] } = await elbClient().send(
    new sdk.DescribeTargetGroupAttributesCommand({ TargetGroupArn: id }),
  );
  const attribute = (key: string): string => Attributes.find(({ Key }) => Key === key)?.Value ?? "";
  return {
    arn: id,
    arnSuffix: id.replace(/^.*:/, ""),
    connectionTermination: attribute(attributes.connectionTermination) === "true",
    deregistrationDelay: Number(attribute(attributes.deregistrationDelay)),
    healthCheck: {
      protocol: group.HealthCheckProtocol,
      port: group.HealthCheckPort,
      interval: group.HealthCheckIntervalSeconds,
      timeout: group.HealthCheckTimeoutSeconds,
      healthyThreshold: group.HealthyThresholdCount,
      unhealthyThreshold: group.UnhealthyThresholdCount,
    },
    ipAddressType: group.IpAddressType,
    loadBalancerArns: group.LoadBalancerArns ?? [],
    name: group.TargetGroupName,
    port: group.Port,
    protocol: group.Protocol,
    proxyProtocolV2: attribute(attributes.proxyProtocolV2) === "true",
    region: await region(),
    targetType: group.TargetType,
    vpcId: group.VpcId,
    ...(await readElbTags(id)),
  };
}

export const targetGroup: ResourceType = {
  inputs: [
    ...["connectionTermination", "deregistrationDelay", "healthCheck", "name", "port", "protocol", "proxyProtocolV2"],
    ...["tags", "targetType", "vpcId"],
  ],
  computed: [
    "arn",
    "arnSuffix",
    "connectionTermination",
    "deregistrationDelay",
    "ipAddressType",
    "loadBalancerArns",
    "name",
    "region",
    "tagsAll",
  ],
  recomputed: ["tagsAll"],
  replaceOn: ["name", "port", "protocol", "targetType", "vpcId"],
  normalize: (inputs, { urn, olds }) => ({
    ...inputs,
    ...(inputs["name"] ? {} : { name: olds["name"] ?? autoName(urn) }),
  }),
  create: async (inputs) => {
    const sdk = elbSdk();
    const answer = await elbClient().send(
      new sdk.CreateTargetGroupCommand({
        Name: text(inputs, "name"),
        Protocol: "TCP",
        Port: Number(inputs["port"]),
        VpcId: text(inputs, "vpcId"),
        TargetType: "instance",
        ...healthCheckRequest(inputs),
        ...elbTags(inputs),
      }),
    );
    const id = answer.TargetGroups?.[0]?.TargetGroupArn ?? "";
    try {
      await setAttributes(id, inputs);
      return { id, outputs: { ...inputs, ...(await read(id)) } };
    } catch (error) {
      throw new PartlyCreated({ id, outputs: inputs }, (error as Error).message);
    }
  },
  read,
  update: async (id, olds, news) => {
    const sdk = elbSdk();
    await updateElbTags(id, olds, news);
    await setAttributes(id, news);
    if (JSON.stringify(olds["healthCheck"]) !== JSON.stringify(news["healthCheck"]))
      await elbClient().send(new sdk.ModifyTargetGroupCommand({ TargetGroupArn: id, ...healthCheckRequest(news) }));
    return { ...olds, ...news, ...(await read(id)) };
  },
  delete: async (id, _outputs, { signal }) => {
    const sdk = elbSdk();
    // A listener that was just deleted may still count as a user.
    await eventually(`nobody to use the target group ${id}`, 2, signal, async () => {
      try {
        await elbClient().send(new sdk.DeleteTargetGroupCommand({ TargetGroupArn: id }));
        return true;
      } catch (error) {
        if (isAwsError(error, "ResourceInUseException", "ResourceInUse")) return undefined;
        throw error;
      }
    });
  },
};
