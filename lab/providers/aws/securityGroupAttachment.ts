/**
 * aws.ec2.NetworkInterfaceSecurityGroupAttachment: vpc_network_interface_sg_attachment.go, a read-modify-write like the
 * official one.
 */
import { type Properties, type ResourceType, text } from "../resource";
import { ec2Client, ec2Sdk, eventually, region, unlessGone } from "./client";

/** Serializes changes of interfaces' groups within this process. */
let underWay: Promise<unknown> = Promise.resolve();
function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  const next = underWay.then(work, work);
  underWay = next.catch(() => undefined);
  return next;
}

async function groupsOf(networkInterfaceId: string): Promise<string[] | undefined> {
  const sdk = ec2Sdk();
  const answer = await unlessGone(
    ec2Client().send(new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [networkInterfaceId] })),
    "InvalidNetworkInterfaceID.NotFound",
  );
  return answer?.NetworkInterfaces?.[0]?.Groups?.flatMap(({ GroupId }) => GroupId ?? []);
}

async function setGroups(NetworkInterfaceId: string, Groups: string[]): Promise<void> {
  const sdk = ec2Sdk();
  await ec2Client().send(new sdk.ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups }));
}

/** Parses the ID `<group>_<interface>`. */
function ends(id: string): { group: string; eni: string } {
  const [group = "", eni = ""] = id.split("_");
  return { group, eni };
}

async function read(id: string): Promise<Properties | undefined> {
  const { group, eni } = ends(id);
  const groups = await groupsOf(eni);
  return groups?.includes(group)
    ? { securityGroupId: group, networkInterfaceId: eni, region: await region() }
    : undefined;
}

export const securityGroupAttachment: ResourceType = {
  inputs: ["securityGroupId", "networkInterfaceId"],
  computed: ["region"],
  replaceOn: ["securityGroupId", "networkInterfaceId"],
  create: (inputs, { signal }) =>
    oneAtATime(async () => {
      const [group, eni] = [text(inputs, "securityGroupId"), text(inputs, "networkInterfaceId")];
      const groups = await groupsOf(eni);
      if (!groups) throw new Error(`reading EC2 Network Interface (${eni}): couldn't find resource`);
      if (groups.includes(group)) {
        throw new Error(`EC2 Security Group (${group}) already attached to EC2 Network Interface (${eni})`);
      }
      await setGroups(eni, [group, ...groups]);
      const id = `${group}_${eni}`;
      const outputs = await eventually(`security group ${group} on ${eni}`, 5, signal, () => read(id));
      return { id, outputs: { ...inputs, ...outputs } };
    }),
  read,
  delete: (id) =>
    oneAtATime(async () => {
      const { group, eni } = ends(id);
      const groups = await groupsOf(eni);
      if (!groups?.includes(group)) return;
      const others = groups.filter((each) => each !== group);
      await unlessGone(setGroups(eni, others), "InvalidNetworkInterfaceID.NotFound");
    }),
};
