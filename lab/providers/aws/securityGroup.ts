/** aws.ec2.SecurityGroup without inline rules: vpc_security_group.go. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { SecurityGroup } from "@aws-sdk/client-ec2";
import { optionalText, type Properties, type ResourceType, text } from "../resource";
import { arn, ec2Client, ec2Sdk, isAwsError, unlessGone } from "./client";
import { tagProperties, tagSpecification, updateTags } from "./tags";

const gone = ["InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound"];
/** A new group is believed once it has been found this many times in a row. */
const consecutiveFinds = 3;

async function find(id: string): Promise<SecurityGroup | undefined> {
  const sdk = ec2Sdk();
  const answer = await unlessGone(ec2Client().send(new sdk.DescribeSecurityGroupsCommand({ GroupIds: [id] })), ...gone);
  return answer?.SecurityGroups?.[0];
}

async function describe(group: SecurityGroup): Promise<Properties> {
  return {
    arn: await arn("ec2", `security-group/${group.GroupId}`),
    description: group.Description,
    name: group.GroupName,
    ownerId: group.OwnerId,
    vpcId: group.VpcId,
    ...tagProperties(group.Tags),
  };
}

/** AWS opens a new group to the outside; the official plugin closes it again. */
async function revokeDefaultEgress(GroupId: string): Promise<void> {
  const sdk = ec2Sdk();
  const all = { IpProtocol: "-1", FromPort: 0, ToPort: 0 };
  await ec2Client().send(
    new sdk.RevokeSecurityGroupEgressCommand({
      GroupId,
      IpPermissions: [{ ...all, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
    }),
  );
  await unlessGone(
    ec2Client().send(
      new sdk.RevokeSecurityGroupEgressCommand({
        GroupId,
        IpPermissions: [{ ...all, Ipv6Ranges: [{ CidrIpv6: "::/0" }] }],
      }),
    ),
    "InvalidPermission.NotFound",
  );
}

export const securityGroup: ResourceType = {
  replaceOn: ["name", "namePrefix", "description", "vpcId"],
  normalize: (inputs, { urn, olds }) => ({
    description: "Managed by Pulumi",
    ...inputs,
    ...(inputs["name"] || inputs["namePrefix"]
      ? {}
      : { name: olds["name"] ?? `${urn.split("::").pop() ?? ""}-${randomBytes(4).toString("hex").slice(0, 7)}` }),
  }),
  create: async (inputs) => {
    const sdk = ec2Sdk();
    const prefix = optionalText(inputs, "namePrefix");
    const answer = await ec2Client().send(
      new sdk.CreateSecurityGroupCommand({
        GroupName: optionalText(inputs, "name") ?? `${prefix ?? ""}${randomBytes(13).toString("hex")}`,
        Description: text(inputs, "description"),
        VpcId: optionalText(inputs, "vpcId"),
        ...tagSpecification("security-group", inputs),
      }),
    );
    const id = answer.GroupId ?? "";
    let group: SecurityGroup | undefined;
    for (let finds = 0; finds < consecutiveFinds;) {
      group = await find(id);
      finds = group ? finds + 1 : 0;
      if (!group) await sleep(200);
    }
    await revokeDefaultEgress(id);
    await find(id);
    return { id, outputs: { ...inputs, ...(group ? await describe(group) : {}) } };
  },
  read: async (id, _outputs, inputs) => {
    const group = await find(id);
    if (!group) return undefined;
    const outputs = await describe(group);
    return {
      outputs: { ...inputs, ...outputs },
      inputs: { ...inputs, ...("tags" in outputs ? { tags: outputs["tags"] } : {}) },
    };
  },
  update: async (id, olds, news) => {
    await updateTags(id, olds, news);
    const group = await find(id);
    return { ...news, ...(group ? await describe(group) : {}) };
  },
  delete: async (id, _outputs, signal) => {
    const sdk = ec2Sdk();
    await ec2Client().send(new sdk.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "group-id", Values: [id] }] }));
    const deadline = Date.now() + 15 * 60_000;
    for (;;) {
      try {
        await ec2Client().send(new sdk.DeleteSecurityGroupCommand({ GroupId: id }));
        break;
      } catch (error) {
        if (isAwsError(error, ...gone)) break;
        if (!isAwsError(error, "DependencyViolation", "InvalidGroup.InUse") || Date.now() > deadline) throw error;
        await sleep(1000, undefined, { signal });
      }
    }
    while (await find(id)) await sleep(200, undefined, { signal });
  },
};
