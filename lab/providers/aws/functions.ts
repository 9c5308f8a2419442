/** aws.ec2.getInstances, getNetworkInterface, getSubnet and getEips, aws.route53.getZone, aws.servicequotas.getServiceQuota and aws.getCallerIdentity. */
import type { Filter, Instance } from "@aws-sdk/client-ec2";
import { maximumRules } from "../../aws/ec2/securityGroupRules";
import { optionalText, type PluginFunction, type Properties, text } from "../resource";
import { arn, callerIdentity, ec2Client, ec2Sdk, region, route53Client, route53Sdk } from "./client";
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
/** Omits an empty filter list, which AWS rejects. */
const filtering = (filters: Filter[]): { Filters?: Filter[] } => (filters.length > 0 ? { Filters: filters } : {});

export const getInstances: PluginFunction = {
  args: ["instanceStateNames", "instanceTags", "filters"],
  call: async (args) => {
    const sdk = ec2Sdk();
    const states = (args["instanceStateNames"] ?? ["running"]) as string[];
    const Filters = [
      { Name: "instance-state-name", Values: states },
      ...tagFilters(args["instanceTags"]),
      ...filtersOf(args),
    ];
    const instances: Instance[] = [];
    for await (const page of sdk.paginateDescribeInstances({ client: ec2Client() }, { Filters })) {
      instances.push(...(page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []));
    }
    return {
      instanceTags: {},
      ...args,
      id: await region(),
      ids: instances.map(({ InstanceId }) => InstanceId),
      ipv6Addresses: instances.flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
      privateIps: instances.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
      publicIps: instances.flatMap(({ PublicIpAddress }) => PublicIpAddress ?? []),
      region: await region(),
    };
  },
};

export const getNetworkInterface: PluginFunction = {
  args: ["id", "filters", "tags"],
  call: async (args) => {
    const sdk = ec2Sdk();
    const id = optionalText(args, "id");
    const answer = await ec2Client().send(
      new sdk.DescribeNetworkInterfacesCommand({
        ...(id ? { NetworkInterfaceIds: [id] } : {}),
        ...filtering([...filtersOf(args), ...tagFilters(args["tags"])]),
      }),
    );
    const [eni, another] = answer.NetworkInterfaces ?? [];
    if (!eni) throw new Error("no matching EC2 Network Interface found");
    if (another) {
      throw new Error(
        "multiple EC2 Network Interfaces matched; use additional constraints to reduce matches to a single EC2 Network Interface",
      );
    }
    const { Association, Attachment } = eni;
    return {
      ...(args["filters"] ? { filters: args["filters"] } : {}),
      arn: await arn("ec2", `network-interface/${eni.NetworkInterfaceId ?? ""}`),
      id: eni.NetworkInterfaceId,
      associations: Association
        ? [
            {
              allocationId: Association.AllocationId ?? "",
              associationId: Association.AssociationId ?? "",
              carrierIp: Association.CarrierIp ?? "",
              customerOwnedIp: Association.CustomerOwnedIp ?? "",
              ipOwnerId: Association.IpOwnerId ?? "",
              publicDnsName: Association.PublicDnsName ?? "",
              publicIp: Association.PublicIp ?? "",
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
              networkCardIndex: Attachment.NetworkCardIndex ?? 0,
            },
          ]
        : [],
      availabilityZone: eni.AvailabilityZone,
      description: eni.Description ?? "",
      enaSrdSpecifications: [],
      interfaceType: eni.InterfaceType,
      ipv6Addresses: eni.Ipv6Addresses?.map(({ Ipv6Address }) => Ipv6Address) ?? [],
      macAddress: eni.MacAddress,
      outpostArn: eni.OutpostArn ?? "",
      ownerId: eni.OwnerId,
      privateDnsName: eni.PrivateDnsName ?? "",
      privateIp: eni.PrivateIpAddress,
      privateIps: eni.PrivateIpAddresses?.map(({ PrivateIpAddress }) => PrivateIpAddress) ?? [],
      region: await region(),
      requesterId: eni.RequesterId ?? "",
      securityGroups: eni.Groups?.map(({ GroupId }) => GroupId) ?? [],
      subnetId: eni.SubnetId,
      tags: fromList(eni.TagSet),
      vpcId: eni.VpcId,
    };
  },
};

export const getSubnet: PluginFunction = {
  args: ["id", "filters"],
  call: async (args) => {
    const sdk = ec2Sdk();
    const id = optionalText(args, "id");
    const answer = await ec2Client().send(
      new sdk.DescribeSubnetsCommand({ ...(id ? { SubnetIds: [id] } : {}), ...filtering(filtersOf(args)) }),
    );
    const [subnet, another] = answer.Subnets ?? [];
    if (!subnet) throw new Error("no matching EC2 Subnet found");
    if (another) {
      throw new Error(
        "multiple EC2 Subnets matched; use additional constraints to reduce matches to a single EC2 Subnet",
      );
    }
    const resource = [{ Name: "resource-id", Values: [subnet.SubnetId ?? ""] }];
    const tags = await ec2Client().send(new sdk.DescribeTagsCommand({ Filters: resource }));
    return {
      ...(args["filters"] ? { filters: args["filters"] } : {}),
      arn: subnet.SubnetArn,
      id: subnet.SubnetId,
      availabilityZone: subnet.AvailabilityZone,
      availabilityZoneId: subnet.AvailabilityZoneId,
      availableIpAddressCount: subnet.AvailableIpAddressCount,
      cidrBlock: subnet.CidrBlock,
      defaultForAz: subnet.DefaultForAz ?? false,
      mapPublicIpOnLaunch: subnet.MapPublicIpOnLaunch ?? false,
      ownerId: subnet.OwnerId,
      region: await region(),
      state: subnet.State,
      tags: fromList(tags.Tags),
      vpcId: subnet.VpcId,
    };
  },
};

export const getEips: PluginFunction = {
  args: ["filters", "tags"],
  call: async (args) => {
    const sdk = ec2Sdk();
    const { Addresses = [] } = await ec2Client().send(
      new sdk.DescribeAddressesCommand(filtering([...filtersOf(args), ...tagFilters(args["tags"])])),
    );
    return {
      tags: {},
      ...args,
      id: await region(),
      allocationIds: Addresses.map(({ AllocationId }) => AllocationId),
      publicIps: Addresses.map(({ PublicIp }) => PublicIp),
      region: await region(),
    };
  },
};

/** Finds a public zone by ID: route53/zone_data_source.go. */
export const getZone: PluginFunction = {
  args: ["zoneId"],
  call: async (args) => {
    const sdk = route53Sdk();
    const { HostedZone, DelegationSet } = await route53Client().send(
      new sdk.GetHostedZoneCommand({ Id: text(args, "zoneId") }),
    );
    const id = HostedZone?.Id?.replace(/^\/hostedzone\//, "") ?? "";
    const { ResourceTagSet } = await route53Client().send(
      new sdk.ListTagsForResourceCommand({ ResourceType: "hostedzone", ResourceId: id }),
    );
    return {
      arn: `arn:aws:route53:::hostedzone/${id}`,
      callerReference: HostedZone?.CallerReference ?? "",
      comment: HostedZone?.Config?.Comment ?? "",
      enableAcceleratedRecovery: false,
      id,
      linkedServiceDescription: HostedZone?.LinkedService?.Description ?? "",
      linkedServicePrincipal: HostedZone?.LinkedService?.ServicePrincipal ?? "",
      name: HostedZone?.Name?.replace(/\.$/, "") ?? "",
      nameServers: (DelegationSet?.NameServers ?? []).map((server) => server.replace(/\.$/, "")),
      primaryNameServer: DelegationSet?.NameServers?.[0] ?? "",
      privateZone: HostedZone?.Config?.PrivateZone ?? false,
      resourceRecordSetCount: HostedZone?.ResourceRecordSetCount ?? 0,
      tags: fromList(ResourceTagSet?.Tags),
      vpcId: "",
      zoneId: id,
    };
  },
};

/** By code. */
const servedQuotas: Readonly<Record<string, { name: string; serviceCode: string; value: number }>> = {
  "L-0EA8095F": { name: "Inbound or outbound rules per security group", serviceCode: "vpc", value: maximumRules },
};

/** Without a call: Service Quotas is none of the lab's services, and the lab's EC2 keeps to one value. */
export const getServiceQuota: PluginFunction = {
  args: ["serviceCode", "quotaCode"],
  call: async (args) => {
    const [serviceCode, quotaCode] = [text(args, "serviceCode"), text(args, "quotaCode")];
    const quota = servedQuotas[quotaCode];
    if (quota?.serviceCode !== serviceCode)
      throw new Error(
        `the lab's 'aws' plugin does not know the quota ${serviceCode}/${quotaCode}: run the lab with --plugins official`,
      );
    const id = await arn("servicequotas", `${serviceCode}/${quotaCode}`);
    return {
      ...{
        id,
        arn: id,
        serviceCode,
        quotaCode,
        quotaName: quota.name,
        serviceName: "Amazon Virtual Private Cloud (Amazon VPC)",
      },
      ...{ adjustable: true, globalQuota: false, unit: "None", usageMetrics: [] },
      ...{ defaultValue: quota.value, value: quota.value, region: await region() },
    };
  },
};

export const getCallerIdentity: PluginFunction = {
  args: [],
  call: async () => {
    const { Account, Arn, UserId } = await callerIdentity();
    return { accountId: Account, arn: Arn, id: Account, userId: UserId };
  },
};
