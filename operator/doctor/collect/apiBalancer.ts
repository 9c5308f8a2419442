/** kOps' load balancer in front of the API, and what a client gets there. */
import { apiBalancerTags } from "../../../settings/tagNames";
import { type Connection, ec2Client, ec2Sdk } from "../../../components/aws/connection";
import { askTls, type TlsAnswer } from "./reach";

export interface ApiBalancer {
  /** Of its zones; empty for an internal one. */
  publicIps: string[];
}

/** By the security group that kOps makes for it: a group that nothing uses is left over. @returns undefined where there is none */
export async function askApiBalancer(
  connection: Connection,
  clusterName: string,
  abortSignal: AbortSignal,
): Promise<ApiBalancer | undefined> {
  const [sdk, client] = [ec2Sdk(), ec2Client(connection, { attempts: 3 })];
  const tagged = Object.entries(apiBalancerTags(clusterName)).map(([key, value]) => ({
    Name: `tag:${key}`,
    Values: [value],
  }));
  const { SecurityGroups = [] } = await client.send(new sdk.DescribeSecurityGroupsCommand({ Filters: tagged }), {
    abortSignal,
  });
  const groups = SecurityGroups.flatMap(({ GroupId }) => GroupId ?? []);
  if (groups.length === 0) return undefined;
  const using = { Filters: [{ Name: "group-id", Values: groups }] };
  const { NetworkInterfaces = [] } = await client.send(new sdk.DescribeNetworkInterfacesCommand(using), {
    abortSignal,
  });
  if (NetworkInterfaces.length === 0) return undefined;
  return { publicIps: NetworkInterfaces.flatMap(({ Association }) => Association?.PublicIp ?? []).sort() };
}

/** Each of its addresses. */
export const askThroughBalancer = ({ publicIps }: ApiBalancer): Promise<TlsAnswer[]> =>
  Promise.all(publicIps.map((address) => askTls(address, 443, "")));
