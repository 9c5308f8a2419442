/** aws.ec2.NetworkInterfaceSecurityGroupAttachment: vpc_network_interface_sg_attachment.go, a read-modify-write like the original. */
import { setTimeout as sleep } from "node:timers/promises";
import { type ResourceType, text } from "../resource";
import { ec2Client, ec2Sdk, unlessGone } from "./client";

/** One change of an interface's groups at a time, within this process. */
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

export const securityGroupAttachment: ResourceType = {
  replaceOn: ["securityGroupId", "networkInterfaceId"],
  create: (inputs) =>
    oneAtATime(async () => {
      const [group, eni] = [text(inputs, "securityGroupId"), text(inputs, "networkInterfaceId")];
      const groups = await groupsOf(eni);
      if (!groups) throw new Error(`reading EC2 Network Interface (${eni}): couldn't find resource`);
      if (groups.includes(group)) {
        throw new Error(`EC2 Security Group (${group}) already attached to EC2 Network Interface (${eni})`);
      }
      await setGroups(eni, [group, ...groups]);
      while (!(await groupsOf(eni))?.includes(group)) await sleep(200);
      return { id: `${group}_${eni}`, outputs: inputs };
    }),
  read: async (_id, outputs, inputs) => {
    const groups = await groupsOf(text(outputs, "networkInterfaceId"));
    return groups?.includes(text(outputs, "securityGroupId")) ? { outputs, inputs } : undefined;
  },
  delete: (_id, outputs) =>
    oneAtATime(async () => {
      const [group, eni] = [text(outputs, "securityGroupId"), text(outputs, "networkInterfaceId")];
      const groups = await groupsOf(eni);
      if (groups?.includes(group))
        await setGroups(
          eni,
          groups.filter((each) => each !== group),
        );
    }),
};
