/** aws.ec2.getInstances, getNetworkInterface and getSubnet. */
import type { Filter } from "@aws-sdk/client-ec2";
import { optionalText, type Properties } from "../resource";
import { arn, ec2Client, ec2Sdk } from "./client";
import { fromList } from "./tags";

const filtersOf = (args: Properties): Filter[] =>
  ((args["filters"] ?? []) as { name: string; values: string[] }[]).map(({ name, values }) => ({
    Name: name,
    Values: values,
  }));
const tagFilters = (tags: unknown): Filter[] =>
  Object.entries((tags ?? {}) as Record<string, string>).map(([key, value]) => ({
    Name: `tag:${key}`,
    Values: [value],
  }));

export async function getInstances(args: Properties): Promise<Properties> {
  const sdk = ec2Sdk();
  const states = (args["instanceStateNames"] ?? ["running"]) as string[];
  const Filters = [
    { Name: "instance-state-name", Values: states },
    ...tagFilters(args["instanceTags"]),
    ...filtersOf(args),
  ];
  const instances = [];
  for await (const page of sdk.paginateDescribeInstances({ client: ec2Client() }, { Filters })) {
    instances.push(...(page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []));
  }
  return {
    ...args,
    id: "instances",
    instanceStateNames: states,
    instanceTags: args["instanceTags"] ?? {},
    ids: instances.map(({ InstanceId }) => InstanceId),
    privateIps: instances.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    publicIps: instances.flatMap(({ PublicIpAddress }) => PublicIpAddress ?? []),
    ipv6Addresses: [],
  };
}

export async function getNetworkInterface(args: Properties): Promise<Properties> {
  const sdk = ec2Sdk();
  const id = optionalText(args, "id");
  const Filters = [...filtersOf(args), ...tagFilters(args["tags"])];
  const answer = await ec2Client().send(
    new sdk.DescribeNetworkInterfacesCommand({
      ...(id ? { NetworkInterfaceIds: [id] } : {}),
      ...(Filters.length > 0 ? { Filters } : {}),
    }),
  );
  const [eni, another] = answer.NetworkInterfaces ?? [];
  if (!eni) throw new Error("no matching EC2 Network Interface found");
  if (another)
    throw new Error(
      "multiple EC2 Network Interfaces matched; use additional constraints to reduce matches to a single EC2 Network Interface",
    );
  const { Association, Attachment } = eni;
  return {
    arn: await arn("ec2", `network-interface/${eni.NetworkInterfaceId}`),
    id: eni.NetworkInterfaceId,
    associations: Association
      ? [
          {
            allocationId: Association.AllocationId ?? "",
            associationId: Association.AssociationId ?? "",
            publicIp: Association.PublicIp ?? "",
            publicDnsName: Association.PublicDnsName ?? "",
            ipOwnerId: Association.IpOwnerId ?? "",
          },
        ]
      : [],
    attachments: Attachment
      ? [
          {
            attachmentId: Attachment.AttachmentId ?? "",
            deviceIndex: Attachment.DeviceIndex ?? 0,
            instanceId: Attachment.InstanceId ?? "",
            instanceOwnerId: Attachment.InstanceOwnerId ?? "",
          },
        ]
      : [],
    availabilityZone: eni.AvailabilityZone,
    description: eni.Description ?? "",
    interfaceType: eni.InterfaceType,
    macAddress: eni.MacAddress,
    ownerId: eni.OwnerId,
    privateIp: eni.PrivateIpAddress,
    privateIps: eni.PrivateIpAddresses?.map(({ PrivateIpAddress }) => PrivateIpAddress),
    securityGroups: eni.Groups?.map(({ GroupId }) => GroupId),
    subnetId: eni.SubnetId,
    tags: fromList(eni.TagSet),
    vpcId: eni.VpcId,
  };
}

export async function getSubnet(args: Properties): Promise<Properties> {
  const sdk = ec2Sdk();
  const id = optionalText(args, "id");
  const answer = await ec2Client().send(
    new sdk.DescribeSubnetsCommand({
      ...(id ? { SubnetIds: [id] } : {}),
      ...(args["filters"] ? { Filters: filtersOf(args) } : {}),
    }),
  );
  const [subnet, another] = answer.Subnets ?? [];
  if (!subnet) throw new Error("no matching EC2 Subnet found");
  if (another)
    throw new Error(
      "multiple EC2 Subnets matched; use additional constraints to reduce matches to a single EC2 Subnet",
    );
  await ec2Client().send(
    new sdk.DescribeTagsCommand({ Filters: [{ Name: "resource-id", Values: [subnet.SubnetId ?? ""] }] }),
  );
  return {
    arn: subnet.SubnetArn,
    id: subnet.SubnetId,
    availabilityZone: subnet.AvailabilityZone,
    availableIpAddressCount: subnet.AvailableIpAddressCount,
    cidrBlock: subnet.CidrBlock,
    ownerId: subnet.OwnerId,
    state: subnet.State,
    tags: fromList(subnet.Tags),
    vpcId: subnet.VpcId,
  };
}
