/** The security groups of one ENI, of which one is ours: the others stay as they are. */
import type { Connection } from "./connection";
import { ec2Client, ec2Sdk } from "./connection";

export interface Membership {
  connection: Connection;
  networkInterfaceId: string;
  securityGroupId: string;
}

/** Ids of the ENI's groups in their order, or undefined if it is gone. */
async function groupsOf({ connection, networkInterfaceId }: Membership): Promise<string[] | undefined> {
  const sdk = ec2Sdk();
  // As a filter, an interface that went with its instance is no error.
  const answer = await ec2Client(connection).send(
    new sdk.DescribeNetworkInterfacesCommand({
      Filters: [{ Name: "network-interface-id", Values: [networkInterfaceId] }],
    }),
  );
  const [eni] = answer.NetworkInterfaces ?? [];
  return eni?.Groups?.flatMap(({ GroupId }) => GroupId ?? []);
}

/** The call takes the whole set. */
async function setGroups({ connection, networkInterfaceId }: Membership, groups: string[]): Promise<void> {
  const sdk = ec2Sdk();
  await ec2Client(connection).send(
    new sdk.ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: networkInterfaceId, Groups: groups }),
  );
}

/** Whether the ENI has the group; undefined if it is gone. */
export async function isMember(membership: Membership): Promise<boolean | undefined> {
  return (await groupsOf(membership))?.includes(membership.securityGroupId);
}

/** Puts the group on the ENI unless it is there. @throws if there is no such ENI */
export async function join(membership: Membership): Promise<void> {
  const groups = await groupsOf(membership);
  if (!groups)
    throw new Error(`expected the network interface ${membership.networkInterfaceId}, found none of that id`);
  if (!groups.includes(membership.securityGroupId))
    await setGroups(membership, [...groups, membership.securityGroupId]);
}

/** Takes the group off the ENI; one that is not there, or an ENI that is gone, is no error. */
export async function leave(membership: Membership): Promise<void> {
  const groups = (await groupsOf(membership)) ?? [];
  const others = groups.filter((id) => id !== membership.securityGroupId);
  if (others.length === groups.length) return;
  if (others.length === 0)
    throw new Error(
      `expected another security group on ${membership.networkInterfaceId} beside ${membership.securityGroupId}, found none, ` +
        "and AWS leaves no interface without one: give it kOps' own",
    );
  await setGroups(membership, others);
}
