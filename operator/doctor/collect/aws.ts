/** The account as it is now: a handful of Describe calls, made as the stack's `aws` provider makes its own. */
import type { Address, NetworkInterface, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { type Connection, ec2Client, ec2Sdk } from "../../../components/aws/connection";
import { type DefaultRoute, defaultRoute } from "../../../components/aws/subnetRoute";
import type { StackOutputs } from "../../../outputs/stackOutputs";
import { IngressMode } from "../../../settings/choices";
import { roleTags, stackTag } from "../../../settings/tagNames";
import { type ApiBalancer, askApiBalancer } from "./apiBalancer";
import { askDetached, askTargetGroups, askTargets, type Target } from "./targets";
import type { Unknown } from "../unknown";

export interface Interface {
  /** Instance that it is attached to; `""` for none. */
  attachedTo: string;
  privateIps: string[];
  /** Public address of the primary private one; `""` without one. */
  publicIp: string;
  /** Whether that is an Elastic IP. */
  elastic: boolean;
}

/** One of the stack's, by its tags or by the outputs. */
export interface ElasticIp {
  allocationId: string;
  publicIp: string;
  /** Its `Name` tag. */
  name: string;
  /** Where it leads; `""` for nowhere. */
  networkInterfaceId: string;
  privateIp: string;
  associated: boolean;
}

/** Each part is from a call of its own: one that is denied takes nothing from the others. */
export interface AwsFacts {
  /** `running` and so on; `""` where AWS knows no such instance. */
  instanceState: string | Unknown;
  /** Running control-plane instances of the cluster. */
  controlPlane: string[] | Unknown;
  /** The node's; undefined where AWS knows no such interface. */
  networkInterface: Interface | undefined | Unknown;
  elasticIps: ElasticIp[] | Unknown;
  /** Mode load-balancer: the nodes behind the applications' address; undefined where no balancer has it. Empty in the other modes. */
  targets: Target[] | undefined | Unknown;
  /** Mode load-balancer: kOps' groups of nodes for applications that the balancer does not lead to. Empty in the other modes, and without a balancer. */
  detached: string[] | Unknown;
  /** Mode dual-ip: of the interface's subnet. Undefined in the other modes, and without an interface. */
  route: DefaultRoute | undefined | Unknown;
  /** kOps' own, in front of the API; undefined where there is none. */
  apiBalancer: ApiBalancer | undefined | Unknown;
  /** Ranges that reach a port, by the interface's security groups. */
  reachedBy: Record<number, string[]> | Unknown;
}

/** How long all calls together may take, in milliseconds. */
const patience = 8_000;

const why = (error: unknown): Unknown => {
  const { name, message } = error as Error;
  return { because: `AWS does not answer: ${name}: ${message.split("\n")[0]}` };
};

/** Undefined where AWS does not know the id. */
const known = async <T>(call: Promise<T>): Promise<T | undefined> =>
  call.catch((error: unknown) => {
    if (/NotFound|Malformed/.test((error as Error).name)) return undefined;
    throw error;
  });

function elasticIpOf({ Tags = [], ...address }: Address): ElasticIp {
  return {
    allocationId: address.AllocationId ?? "",
    publicIp: address.PublicIp ?? "",
    name: Tags.find(({ Key }) => Key === "Name")?.Value ?? "",
    networkInterfaceId: address.NetworkInterfaceId ?? "",
    privateIp: address.PrivateIpAddress ?? "",
    associated: address.AssociationId !== undefined,
  };
}

function interfaceOf(eni: NetworkInterface): Interface {
  const addresses = eni.PrivateIpAddresses ?? [];
  const primary = addresses.find(({ Primary }) => Primary)?.Association;
  return {
    attachedTo: eni.Attachment?.InstanceId ?? "",
    privateIps: addresses.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    publicIp: primary?.PublicIp ?? "",
    elastic: primary?.AllocationId !== undefined,
  };
}

const reaching = (rules: readonly SecurityGroupRule[], port: number): string[] =>
  rules
    .filter(
      ({ IsEgress, IpProtocol, FromPort = -1, ToPort = -1 }) =>
        !IsEgress && (IpProtocol === "-1" || (IpProtocol === "tcp" && FromPort <= port && ToPort >= port)),
    )
    .flatMap(({ CidrIpv4 }) => CidrIpv4 ?? []);

export async function askAws(connection: Connection, outputs: StackOutputs, owner: string): Promise<AwsFacts> {
  const sdk = ec2Sdk();
  const client = ec2Client(connection, { attempts: 3 });
  const abortSignal = AbortSignal.timeout(patience);
  const { instanceId, networkInterfaceId, allocationId, clusterName, apiPublicIp } = outputs;

  const instance = known(client.send(new sdk.DescribeInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal }));
  const members = client.send(
    new sdk.DescribeInstancesCommand({
      Filters: [
        { Name: "tag:KubernetesCluster", Values: [clusterName] },
        { Name: "tag-key", Values: roleTags.controlPlane },
        { Name: "instance-state-name", Values: ["running"] },
      ],
    }),
    { abortSignal },
  );
  const eni = known(
    client.send(new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [networkInterfaceId] }), {
      abortSignal,
    }),
  ).then((answer) => answer?.NetworkInterfaces?.[0]);
  const rules = eni.then(async (found) => {
    const groups = (found?.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
    if (groups.length === 0) return [];
    const filter = { Filters: [{ Name: "group-id", Values: groups }] };
    return (
      (await client.send(new sdk.DescribeSecurityGroupRulesCommand(filter), { abortSignal })).SecurityGroupRules ?? []
    );
  });
  const leadsTo = eni.then((found) =>
    found && outputs.mode === IngressMode.DualIp
      ? defaultRoute(connection, { subnetId: found.SubnetId ?? "", vpcId: found.VpcId ?? "" }, { abortSignal })
      : undefined,
  );
  const addresses = client.send(new sdk.DescribeAddressesCommand({}), { abortSignal });
  const ours = ({ AllocationId, PublicIp, Tags }: Address): boolean =>
    (allocationId !== "" && AllocationId === allocationId) ||
    (apiPublicIp !== "" && PublicIp === apiPublicIp) ||
    (Tags ?? []).some(({ Key, Value }) => Key === stackTag && Value === owner);

  const targetGroups =
    outputs.mode === IngressMode.LoadBalancer
      ? askTargetGroups(connection, allocationId, abortSignal)
      : Promise.resolve<string[]>([]);

  /** Without target groups there is nothing to ask. */
  const ofTargetGroups = async <T>(ask: (arns: string[]) => Promise<T[]>): Promise<T[] | undefined> => {
    const arns = await targetGroups;
    return arns?.length ? ask(arns) : arns && [];
  };

  const [instanceState, controlPlane, networkInterface, elasticIps, targets, detached, route, apiBalancer, reachedBy] =
    await Promise.all([
      instance.then((answer) => answer?.Reservations?.[0]?.Instances?.[0]?.State?.Name ?? "").catch(why),
      members
        .then(({ Reservations = [] }) =>
          Reservations.flatMap(({ Instances = [] }) => Instances.flatMap(({ InstanceId }) => InstanceId ?? [])),
        )
        .catch(why),
      eni.then((found) => found && interfaceOf(found)).catch(why),
      addresses.then(({ Addresses = [] }) => Addresses.filter(ours).map(elasticIpOf)).catch(why),
      ofTargetGroups((arns) => askTargets(connection, arns, abortSignal)).catch(why),
      ofTargetGroups((arns) => askDetached(connection, clusterName, arns, abortSignal))
        .then((found = []) => found)
        .catch(why),
      leadsTo.catch(why),
      askApiBalancer(connection, clusterName, abortSignal).catch(why),
      rules
        .then((found) =>
          Object.fromEntries(
            [outputs.ingressPort, outputs.ingressHttpPort, 443].map((port) => [port, reaching(found, port)]),
          ),
        )
        .catch(why),
    ]);
  return {
    instanceState,
    controlPlane,
    networkInterface,
    elasticIps,
    targets,
    detached,
    route,
    apiBalancer,
    reachedBy,
  };
}
