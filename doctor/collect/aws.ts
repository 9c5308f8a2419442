/** The account as it is now: a handful of Describe calls, made as the stack's `aws` provider makes its own. */
import type { Address, NetworkInterface } from "@aws-sdk/client-ec2";
import type { StackOutputs } from "../../dns/outputs";
import { type Connection, ec2Client, ec2Sdk } from "../../components/aws/connection";
import { IngressMode } from "../../settings";
import { stackTag } from "../../tagNames";
import type { Unknown } from "../check";
import { askTargets, type Target } from "./targets";

export interface AwsFacts {
  /** `running` and so on; undefined where AWS knows no such instance. */
  instanceState: string | undefined;
  /** Running control-plane instances of the cluster. */
  controlPlane: string[];
  /** Instance that the interface is attached to, `""` for none; undefined where there is no such interface. */
  attachedTo: string | undefined;
  privateIps: string[];
  /** Public address of the primary private one, and whether it is an Elastic IP. */
  primaryPublicIp: string;
  primaryIsElastic: boolean;
  /** The ingress's Elastic IP: where it leads; undefined where there is none of its allocation id. */
  elasticIp: { publicIp: string; networkInterfaceId: string; privateIp: string } | undefined;
  /** Mode load-balancer: the nodes behind the applications' address; undefined where no balancer has it. Empty in the other modes. */
  targets: Target[] | undefined;
  /** Ranges that reach a port, by the interface's security groups. */
  reachedBy: Record<number, string[]>;
  /** Elastic IPs of the stack that lead nowhere: they cost and serve nobody. */
  idle: string[];
}

/** How long all calls together may take, in milliseconds. */
const patience = 8_000;

const roleTags = ["k8s.io/role/control-plane", "k8s.io/role/master"];

export async function askAws(
  connection: Connection,
  outputs: StackOutputs,
  owner: string,
): Promise<AwsFacts | Unknown> {
  const sdk = ec2Sdk();
  const client = ec2Client(connection, { attempts: 3 });
  const abortSignal = AbortSignal.timeout(patience);
  /** Undefined where AWS does not know the id. */
  const known = async <T>(call: Promise<T>): Promise<T | undefined> =>
    call.catch((error: unknown) => {
      if (/NotFound|Malformed/.test((error as Error).name)) return undefined;
      throw error;
    });
  const { instanceId, networkInterfaceId, allocationId, clusterName } = outputs;
  try {
    const [targets, instances, members, interfaces, addresses] = await Promise.all([
      outputs.mode === IngressMode.LoadBalancer ? askTargets(connection, allocationId, abortSignal) : [],
      known(client.send(new sdk.DescribeInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal })),
      client.send(
        new sdk.DescribeInstancesCommand({
          Filters: [
            { Name: "tag:KubernetesCluster", Values: [clusterName] },
            { Name: "tag-key", Values: roleTags },
            { Name: "instance-state-name", Values: ["running"] },
          ],
        }),
        { abortSignal },
      ),
      known(
        client.send(new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [networkInterfaceId] }), {
          abortSignal,
        }),
      ),
      client.send(new sdk.DescribeAddressesCommand({}), { abortSignal }),
    ]);
    const eni: NetworkInterface | undefined = interfaces?.NetworkInterfaces?.[0];
    const groups = (eni?.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
    const rules =
      groups.length > 0
        ? await client.send(
            new sdk.DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: groups }] }),
            { abortSignal },
          )
        : { SecurityGroupRules: [] };
    const all: Address[] = addresses.Addresses ?? [];
    const primary = eni?.PrivateIpAddresses?.find(({ Primary }) => Primary)?.Association;
    const ingress = all.find(({ AllocationId }) => allocationId !== "" && AllocationId === allocationId);
    const reaching = (port: number): string[] =>
      (rules.SecurityGroupRules ?? [])
        .filter(
          ({ IsEgress, IpProtocol, FromPort = -1, ToPort = -1 }) =>
            !IsEgress && (IpProtocol === "-1" || (IpProtocol === "tcp" && FromPort <= port && ToPort >= port)),
        )
        .flatMap(({ CidrIpv4 }) => CidrIpv4 ?? []);
    return {
      instanceState: instances?.Reservations?.[0]?.Instances?.[0]?.State?.Name,
      controlPlane: (members.Reservations ?? []).flatMap(({ Instances }) =>
        (Instances ?? []).flatMap(({ InstanceId }) => InstanceId ?? []),
      ),
      attachedTo: eni && (eni.Attachment?.InstanceId ?? ""),
      privateIps: (eni?.PrivateIpAddresses ?? []).flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
      primaryPublicIp: primary?.PublicIp ?? "",
      primaryIsElastic: primary?.AllocationId !== undefined,
      elasticIp: ingress && {
        publicIp: ingress.PublicIp ?? "",
        networkInterfaceId: ingress.NetworkInterfaceId ?? "",
        privateIp: ingress.PrivateIpAddress ?? "",
      },
      targets,
      reachedBy: Object.fromEntries(
        [outputs.ingressPort, outputs.ingressHttpPort, 443].map((port) => [port, reaching(port)]),
      ),
      idle: all
        .filter(
          ({ AssociationId, Tags }) =>
            AssociationId === undefined && Tags?.some(({ Key, Value }) => Key === stackTag && Value === owner),
        )
        .flatMap(({ AllocationId }) => AllocationId ?? []),
    };
  } catch (error) {
    return { because: `AWS does not answer: ${(error as Error).name}: ${(error as Error).message.split("\n")[0]}` };
  }
}
