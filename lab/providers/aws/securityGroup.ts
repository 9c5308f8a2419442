/** aws.ec2.SecurityGroup without inline rules: vpc_security_group.go. */
import { randomBytes } from "node:crypto";
import type { SecurityGroup } from "@aws-sdk/client-ec2";
import { optionalText, PartlyCreated, type Properties, type ResourceType, text } from "../resource";
import { autoName } from "./autoName";
import { arn, ec2Client, ec2Sdk, eventually, isAwsError, region, unlessGone } from "./client";
import { fromList, tagProperties, tagSpecification, updateTags } from "./tags";

const gone = ["InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound"];
/** A new group counts as created after this many consecutive finds. */
const consecutiveFinds = 3;

async function find(id: string): Promise<SecurityGroup | undefined> {
  const sdk = ec2Sdk();
  const answer = await unlessGone(ec2Client().send(new sdk.DescribeSecurityGroupsCommand({ GroupIds: [id] })), ...gone);
  return answer?.SecurityGroups?.[0];
}

async function read(id: string): Promise<Properties | undefined> {
  const group = await find(id);
  return (
    group && {
      arn: await arn("ec2", `security-group/${id}`),
      description: group.Description,
      name: group.GroupName,
      ownerId: group.OwnerId,
      region: await region(),
      vpcId: group.VpcId,
      ...tagProperties(fromList(group.Tags)),
    }
  );
}

/** AWS adds a default egress rule to a new group; the official plugin revokes it. */
async function revokeDefaultEgress(GroupId: string): Promise<void> {
  const sdk = ec2Sdk();
  const revoke = (ranges: object): Promise<unknown> =>
    ec2Client().send(
      new sdk.RevokeSecurityGroupEgressCommand({
        GroupId,
        IpPermissions: [{ IpProtocol: "-1", FromPort: 0, ToPort: 0, ...ranges }],
      }),
    );
  await revoke({ IpRanges: [{ CidrIp: "0.0.0.0/0" }] });
  try {
    await revoke({ Ipv6Ranges: [{ CidrIpv6: "::/0" }] });
  } catch (error) {
    const withoutIpv6 =
      isAwsError(error, "InvalidPermission.NotFound") ||
      (isAwsError(error, "InvalidParameterValue") && error.message.includes("remote-ipv6-range"));
    if (!withoutIpv6) throw error;
  }
}

/** Terraform's unique suffix has 26 digits (helper/id UniqueIdSuffixLength). */
function prefixedName(prefix: string): string {
  return `${prefix}${randomBytes(13).toString("hex")}`;
}

/** Returns AWS's error while the group is in use. */
async function tryToDelete(id: string): Promise<Error | undefined> {
  const sdk = ec2Sdk();
  try {
    await unlessGone(ec2Client().send(new sdk.DeleteSecurityGroupCommand({ GroupId: id })), ...gone);
    return undefined;
  } catch (error) {
    if (isAwsError(error, "DependencyViolation", "InvalidGroup.InUse")) return error;
    throw error;
  }
}

export const securityGroup: ResourceType = {
  inputs: ["name", "namePrefix", "description", "vpcId", "tags"],
  writeOnly: ["namePrefix"],
  computed: ["arn", "name", "ownerId", "region", "tagsAll", "vpcId"],
  recomputed: ["tagsAll"],
  replaceOn: ["name", "namePrefix", "description", "vpcId"],
  normalize: (inputs, { urn, olds }) => ({
    description: "Managed by Pulumi",
    ...inputs,
    ...(inputs["name"] || inputs["namePrefix"] ? {} : { name: olds["name"] ?? autoName(urn) }),
  }),
  create: async (inputs, { signal }) => {
    const sdk = ec2Sdk();
    const answer = await ec2Client().send(
      new sdk.CreateSecurityGroupCommand({
        GroupName: optionalText(inputs, "name") ?? prefixedName(text(inputs, "namePrefix")),
        Description: text(inputs, "description"),
        VpcId: optionalText(inputs, "vpcId"),
        ...tagSpecification("security-group", inputs),
      }),
    );
    const id = answer.GroupId ?? "";
    try {
      let finds = 0;
      await eventually(`the new security group ${id}`, 10, signal, async () => {
        finds = (await find(id)) ? finds + 1 : 0;
        return finds >= consecutiveFinds || undefined;
      });
      await revokeDefaultEgress(id);
      await eventually(`the new security group ${id}`, 10, signal, () => find(id));
      const outputs = await eventually(`the new security group ${id}`, 10, signal, () => read(id));
      return { id, outputs: { ...inputs, ...outputs } };
    } catch (error) {
      throw new PartlyCreated({ id, outputs: inputs }, (error as Error).message);
    }
  },
  read,
  update: async (id, olds, news) => {
    await updateTags(id, olds, news);
    await find(id);
    return { ...olds, ...news, ...(await read(id)) };
  },
  delete: async (id, _outputs, { signal }) => {
    const sdk = ec2Sdk();
    await ec2Client().send(new sdk.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "group-id", Values: [id] }] }));
    let refusal: unknown;
    try {
      await eventually(`nobody to use the security group ${id}`, 15, signal, async () => {
        refusal = await tryToDelete(id);
        return refusal === undefined || undefined;
      });
    } catch (error) {
      throw refusal ?? error;
    }
    await eventually(`the security group ${id} to be gone`, 5, signal, async () =>
      (await find(id)) ? undefined : true,
    );
  },
};
