/** aws.lb.LoadBalancer of type network with an Elastic IP in each zone: load_balancer.go of internal/service/elbv2. */
import type { LoadBalancer, LoadBalancerAttribute } from "@aws-sdk/client-elastic-load-balancing-v2";
import { PartlyCreated, type Properties, type ResourceType, text } from "../resource";
import { autoName } from "./autoName";
import { ec2Client, ec2Sdk, elbClient, elbSdk, eventually, isAwsError, region, unlessGone } from "./client";
import { elbTags, readElbTags, updateElbTags } from "./elbTags";

const crossZone = "load_balancing.cross_zone.enabled";
const protection = "deletion_protection.enabled";

interface Mapping {
  subnetId: string;
  allocationId?: string;
}

/** The order of subnet mappings does not matter; an unknown value stays as it is. */
const inOrder = (mappings: unknown): unknown =>
  Array.isArray(mappings)
    ? (mappings as Mapping[]).toSorted((one, other) => (one.subnetId < other.subnetId ? -1 : 1))
    : mappings;

/** Subnet mappings can only be added in place (customizeDiffLoadBalancerNLB). */
function onlyAdded(olds: unknown, news: unknown): boolean {
  if (!Array.isArray(olds) || !Array.isArray(news)) return true;
  const present = new Set(news.map((each) => JSON.stringify(each)));
  return news.length > olds.length && olds.every((each) => present.has(JSON.stringify(each)));
}

const expand = (mappings: unknown) =>
  (mappings as Mapping[]).map(({ subnetId, allocationId }) => ({ SubnetId: subnetId, AllocationId: allocationId }));

async function find(arn: string): Promise<LoadBalancer | undefined> {
  const sdk = elbSdk();
  const answer = await unlessGone(
    elbClient().send(new sdk.DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] })),
    "LoadBalancerNotFoundException",
    "LoadBalancerNotFound",
  );
  return answer?.LoadBalancers?.[0];
}

const active = (arn: string, signal: AbortSignal): Promise<LoadBalancer> =>
  eventually(`the load balancer ${arn} to be active`, 10, signal, async () => {
    const balancer = await find(arn);
    return balancer?.State?.Code === "active" ? balancer : undefined;
  });

const setAttributes = (LoadBalancerArn: string, values: Record<string, string>): Promise<unknown> => {
  const sdk = elbSdk();
  const Attributes = Object.entries(values).map(([Key, Value]) => ({ Key, Value }));
  return elbClient().send(new sdk.ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
};

/** Regions without this call have no capacity reservations. */
async function askForCapacity(LoadBalancerArn: string): Promise<void> {
  const sdk = elbSdk();
  try {
    await elbClient().send(new sdk.DescribeCapacityReservationCommand({ LoadBalancerArn }));
  } catch (error) {
    if (!isAwsError(error, "AccessDenied", "InvalidAction")) throw error;
  }
}

const isOn = (attributes: readonly LoadBalancerAttribute[], key: string): boolean =>
  attributes.find(({ Key }) => Key === key)?.Value === "true";

async function read(id: string): Promise<Properties | undefined> {
  const sdk = elbSdk();
  const balancer = await find(id);
  if (!balancer) return undefined;
  const { Attributes = [] } = await elbClient().send(
    new sdk.DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: id }),
  );
  await askForCapacity(id);
  const zones = balancer.AvailabilityZones ?? [];
  return {
    arn: id,
    arnSuffix: id.replace(/^.*:loadbalancer\//, ""),
    dnsName: balancer.DNSName,
    enableCrossZoneLoadBalancing: isOn(Attributes, crossZone),
    enableDeletionProtection: isOn(Attributes, protection),
    internal: balancer.Scheme === "internal",
    ipAddressType: balancer.IpAddressType,
    loadBalancerType: balancer.Type,
    name: balancer.LoadBalancerName,
    region: await region(),
    securityGroups: balancer.SecurityGroups ?? [],
    subnetMappings: inOrder(
      zones.map(({ SubnetId, LoadBalancerAddresses }) => ({
        subnetId: SubnetId,
        ...(LoadBalancerAddresses?.[0]?.AllocationId ? { allocationId: LoadBalancerAddresses[0].AllocationId } : {}),
      })),
    ),
    subnets: zones.map(({ SubnetId }) => SubnetId),
    vpcId: balancer.VpcId,
    zoneId: balancer.CanonicalHostedZoneId,
    ...(await readElbTags(id)),
  };
}

export const loadBalancer: ResourceType = {
  inputs: [
    ...["enableCrossZoneLoadBalancing", "internal", "loadBalancerType", "name", "securityGroups", "subnetMappings"],
    "tags",
  ],
  computed: [
    ...["arn", "arnSuffix", "dnsName", "enableDeletionProtection", "ipAddressType", "name", "region", "subnets"],
    ...["tagsAll", "vpcId", "zoneId"],
  ],
  recomputed: ["tagsAll"],
  replaceOn: ["internal", "loadBalancerType", "name"],
  replaces: (olds, news) => (onlyAdded(olds["subnetMappings"], news["subnetMappings"]) ? [] : ["subnetMappings"]),
  normalize: (inputs, { urn, olds }) => ({
    ...inputs,
    subnetMappings: inOrder(inputs["subnetMappings"]),
    ...(inputs["name"] ? {} : { name: olds["name"] ?? autoName(urn) }),
  }),
  check: ({ loadBalancerType }) =>
    loadBalancerType === "network"
      ? []
      : [
          {
            property: "loadBalancerType",
            reason: `the lab supports load balancers of type 'network' only, found '${String(loadBalancerType)}'`,
          },
        ],
  create: async (inputs, { signal }) => {
    const sdk = elbSdk();
    const answer = await elbClient().send(
      new sdk.CreateLoadBalancerCommand({
        Name: text(inputs, "name"),
        Type: "network",
        Scheme: inputs["internal"] === true ? "internal" : "internet-facing",
        SubnetMappings: expand(inputs["subnetMappings"]),
        SecurityGroups: inputs["securityGroups"] as string[] | undefined,
        ...elbTags(inputs),
      }),
    );
    const id = answer.LoadBalancers?.[0]?.LoadBalancerArn ?? "";
    try {
      await active(id, signal);
      await setAttributes(id, {
        "access_logs.s3.enabled": "false",
        [protection]: "false",
        "dns_record.client_routing_policy": "any_availability_zone",
        [crossZone]: String(inputs["enableCrossZoneLoadBalancing"] ?? false),
      });
      await active(id, signal);
      return { id, outputs: { ...inputs, ...(await read(id)) } };
    } catch (error) {
      throw new PartlyCreated({ id, outputs: inputs }, (error as Error).message);
    }
  },
  read,
  update: async (id, olds, news, { signal }) => {
    const sdk = elbSdk();
    await updateElbTags(id, olds, news);
    if (olds["enableCrossZoneLoadBalancing"] !== news["enableCrossZoneLoadBalancing"])
      await setAttributes(id, { [crossZone]: String(news["enableCrossZoneLoadBalancing"] ?? false) });
    if (JSON.stringify(olds["securityGroups"]) !== JSON.stringify(news["securityGroups"]))
      await elbClient().send(
        new sdk.SetSecurityGroupsCommand({
          LoadBalancerArn: id,
          SecurityGroups: (news["securityGroups"] ?? []) as string[],
        }),
      );
    if (JSON.stringify(olds["subnetMappings"]) !== JSON.stringify(news["subnetMappings"]))
      await elbClient().send(
        new sdk.SetSubnetsCommand({ LoadBalancerArn: id, SubnetMappings: expand(news["subnetMappings"]) }),
      );
    await active(id, signal);
    return { ...olds, ...news, ...(await read(id)) };
  },
  delete: async (id, _outputs, { signal }) => {
    const sdk = elbSdk();
    await elbClient().send(new sdk.DeleteLoadBalancerCommand({ LoadBalancerArn: id }));
    const description = `ELB ${id.replace(/^.*:loadbalancer\//, "")}`;
    await eventually(`the interfaces of ${id} to be gone`, 5, signal, async () => {
      const filters = [{ Name: "description", Values: [description] }];
      const { NetworkInterfaces = [] } = await ec2Client().send(
        new (ec2Sdk().DescribeNetworkInterfacesCommand)({ Filters: filters }),
      );
      return NetworkInterfaces.length === 0 || undefined;
    });
  },
};
