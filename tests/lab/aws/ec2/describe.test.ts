/** Every filter of the Describe calls, and every word of their answers, in an account that has two of each. */
import assert from "node:assert/strict";
import {
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type Filter,
} from "@aws-sdk/client-ec2";
import type { Account } from "../../../../lab/aws/account";
import { instanceId, primaryIp, useEndpoint } from "../harness";

const second = "i-0a1b2c3d4e5f60002";
const launched = "2026-01-02T03:04:05.000Z";
const tag = { Key: "Name", Value: "second" };

/** A second instance, stopped, in a VPC, a subnet and a zone of its own, with two interfaces and an Elastic IP; and a free interface. */
function addSecond(account: Account): void {
  const tags = { Name: "second" };
  const place = { subnetId: "subnet-2", vpcId: "vpc-2" };
  account.vpcs.push({
    vpcId: "vpc-2",
    cidrBlock: "10.0.0.0/16",
    moreCidrBlocks: [{ cidrBlock: "100.64.0.0/16", state: "associated" }],
    tags,
  });
  account.subnets.push({ ...place, cidrBlock: "10.0.1.0/24", availabilityZone: "eu-central-1b", tags });
  account.securityGroups.push({ groupId: "sg-2", groupName: "nodes", description: "", vpcId: "vpc-2", tags });
  account.instances.push({
    instanceId: second,
    instanceType: "t4g.small",
    state: "stopped",
    launchTime: launched,
    ...place,
    tags,
  });
  const eni = (number: number) => ({
    networkInterfaceId: `eni-${number}`,
    ...place,
    macAddress: `02:00:00:00:00:0${number}`,
    description: `the ${number}.`,
    privateIps: [{ privateIpAddress: `10.0.1.1${number}`, primary: true }],
    securityGroupIds: ["sg-2"],
    tags,
  });
  const attachment = { instanceId: second, attachmentId: "eni-attach-2" };
  account.networkInterfaces.push(
    { ...eni(3), attachment: { ...attachment, attachmentId: "eni-attach-3", deviceIndex: 1 } },
    { ...eni(2), attachment: { ...attachment, deviceIndex: 0 } },
    { ...eni(4), securityGroupIds: [] },
  );
  account.networkInterfaces[2]?.privateIps.push({ privateIpAddress: "10.0.1.20", primary: false });
  account.addresses.push({
    allocationId: "eipalloc-2",
    publicIp: "203.0.113.2",
    networkBorderGroup: "eu-central-1",
    publicIpv4Pool: "amazon",
    association: { associationId: "eipassoc-2", networkInterfaceId: "eni-2", privateIpAddress: "10.0.1.12" },
    tags: {},
  });
}

/** A value of a filter, and who has it. */
type Cases = Record<string, readonly [value: string, found: readonly string[]]>;

describe("lab EC2: what Describe calls find and say", () => {
  const lab = useEndpoint();
  beforeEach(() => {
    addSecond(lab.account);
    const [first] = lab.account.networkInterfaces;
    assert(first);
    Object.assign(first, { networkInterfaceId: "eni-1", subnetId: "subnet-1", vpcId: "vpc-1" });
    Object.assign(first.attachment ?? {}, { attachmentId: "eni-attach-1" });
    Object.assign(lab.account.instances[0] ?? {}, { subnetId: "subnet-1", vpcId: "vpc-1" });
    Object.assign(lab.account.subnets[0] ?? {}, { subnetId: "subnet-1", vpcId: "vpc-1" });
    Object.assign(lab.account.vpcs[0] ?? {}, { vpcId: "vpc-1" });
    const [group] = lab.account.securityGroups;
    Object.assign(group ?? {}, { groupId: "sg-1", vpcId: "vpc-1" });
    Object.assign(first, { securityGroupIds: ["sg-1"] });
    lab.account.instances.forEach(
      (instance) => (instance.launchTime = instance.instanceId === second ? launched : "2025-01-01T00:00:00.000Z"),
    );
  });

  const filtersFind = (
    what: string,
    cases: Cases,
    ask: (filters: Filter[]) => Promise<(string | undefined)[]>,
  ): void => {
    for (const [Name, [value, found]] of Object.entries(cases)) {
      it(`${what}: by ${Name}`, async () => {
        assert.deepEqual((await ask([{ Name, Values: [value] }])).toSorted(), found);
        assert.deepEqual(await ask([{ Name, Values: ["nothing has this"] }]), []);
      });
    }
  };

  filtersFind(
    "DescribeInstances",
    {
      architecture: ["arm64", [second]],
      "availability-zone": ["eu-central-1b", [second]],
      "dns-name": ["ec2-203-0-113-2.eu-central-1.compute.amazonaws.com", [second]],
      "instance-id": [second, [second]],
      "instance-state-code": ["80", [second]],
      "instance-state-name": ["stopped", [second]],
      "instance-type": ["t4g.small", [second]],
      "instance.group-id": ["sg-2", [second]],
      "instance.group-name": ["nodes", [second]],
      "ip-address": ["203.0.113.2", [second]],
      "launch-time": [launched, [second]],
      "network-interface.addresses.private-ip-address": ["10.0.1.20", [second]],
      "network-interface.attachment.device-index": ["1", [second]],
      "network-interface.group-id": ["sg-2", [second]],
      "network-interface.mac-address": ["02:00:00:00:00:03", [second]],
      "network-interface.network-interface-id": ["eni-3", [second]],
      "network-interface.subnet-id": ["subnet-2", [second]],
      "network-interface.vpc-id": ["vpc-2", [second]],
      "owner-id": ["123456789012", [instanceId, second]],
      "private-dns-name": ["ip-10-0-1-12.eu-central-1.compute.internal", [second]],
      "private-ip-address": ["10.0.1.12", [second]],
      "reservation-id": ["r-0a1b2c3d4e5f60002", [second]],
      "subnet-id": ["subnet-2", [second]],
      "vpc-id": ["vpc-2", [second]],
      "tag:Name": ["second", [second]],
    },
    async (Filters) => {
      const { Reservations } = await lab.ec2.send(new DescribeInstancesCommand({ Filters }));
      return (Reservations ?? []).flatMap(({ Instances }) => (Instances ?? []).map((instance) => instance.InstanceId));
    },
  );
  filtersFind(
    "DescribeInstances, of the first:",
    { architecture: ["x86_64", [instanceId]], "instance-state-name": ["running", [instanceId]] },
    async (Filters) => {
      const { Reservations } = await lab.ec2.send(new DescribeInstancesCommand({ Filters }));
      return (Reservations ?? []).flatMap(({ Instances }) => (Instances ?? []).map((instance) => instance.InstanceId));
    },
  );

  const interfaces = async (Filters: Filter[]): Promise<(string | undefined)[]> => {
    const { NetworkInterfaces } = await lab.ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
    return (NetworkInterfaces ?? []).map(({ NetworkInterfaceId }) => NetworkInterfaceId);
  };
  filtersFind(
    "DescribeNetworkInterfaces",
    {
      "addresses.association.owner-id": ["123456789012", ["eni-2"]],
      "addresses.association.public-ip": ["203.0.113.2", ["eni-2"]],
      "addresses.primary": ["false", ["eni-2"]],
      "addresses.private-ip-address": ["10.0.1.20", ["eni-2"]],
      "association.allocation-id": ["eipalloc-2", ["eni-2"]],
      "association.association-id": ["eipassoc-2", ["eni-2"]],
      "association.ip-owner-id": ["amazon", ["eni-1"]],
      "association.public-dns-name": ["ec2-203-0-113-2.eu-central-1.compute.amazonaws.com", ["eni-2"]],
      "association.public-ip": ["203.0.113.2", ["eni-2"]],
      "attachment.attach-time": [launched, ["eni-2", "eni-3"]],
      "attachment.attachment-id": ["eni-attach-3", ["eni-3"]],
      "attachment.delete-on-termination": ["true", ["eni-1", "eni-2", "eni-3"]],
      "attachment.device-index": ["1", ["eni-3"]],
      "attachment.instance-id": [second, ["eni-2", "eni-3"]],
      "attachment.instance-owner-id": ["123456789012", ["eni-1", "eni-2", "eni-3"]],
      "attachment.status": ["attached", ["eni-1", "eni-2", "eni-3"]],
      "availability-zone": ["eu-central-1b", ["eni-2", "eni-3", "eni-4"]],
      description: ["the 4.", ["eni-4"]],
      "group-id": ["sg-2", ["eni-2", "eni-3"]],
      "group-name": ["nodes", ["eni-2", "eni-3"]],
      "interface-type": ["interface", ["eni-1", "eni-2", "eni-3", "eni-4"]],
      "mac-address": ["02:00:00:00:00:04", ["eni-4"]],
      "network-interface-id": ["eni-4", ["eni-4"]],
      "owner-id": ["123456789012", ["eni-1", "eni-2", "eni-3", "eni-4"]],
      "private-dns-name": ["ip-10-0-1-14.eu-central-1.compute.internal", ["eni-4"]],
      "private-ip-address": ["10.0.1.20", ["eni-2"]],
      "requester-managed": ["false", ["eni-1", "eni-2", "eni-3", "eni-4"]],
      "source-dest-check": ["true", ["eni-1", "eni-2", "eni-3", "eni-4"]],
      status: ["available", ["eni-4"]],
      "subnet-id": ["subnet-2", ["eni-2", "eni-3", "eni-4"]],
      "vpc-id": ["vpc-1", ["eni-1"]],
    },
    interfaces,
  );
  it("DescribeNetworkInterfaces: nothing is requester's or has an IPv6 address", async () => {
    for (const Name of ["requester-id", "ipv6-addresses.ipv6-address"])
      assert.deepEqual(await interfaces([{ Name, Values: ["*"] }]), [], Name);
  });

  filtersFind(
    "DescribeSubnets",
    {
      "availability-zone": ["eu-central-1b", ["subnet-2"]],
      availabilityZone: ["eu-central-1b", ["subnet-2"]],
      "available-ip-address-count": ["247", ["subnet-2"]],
      cidr: ["10.0.1.0/24", ["subnet-2"]],
      "cidr-block": ["10.0.1.0/24", ["subnet-2"]],
      cidrBlock: ["10.0.1.0/24", ["subnet-2"]],
      "default-for-az": ["false", ["subnet-1", "subnet-2"]],
      defaultForAz: ["false", ["subnet-1", "subnet-2"]],
      "owner-id": ["123456789012", ["subnet-1", "subnet-2"]],
      state: ["available", ["subnet-1", "subnet-2"]],
      "subnet-arn": ["arn:aws:ec2:eu-central-1:123456789012:subnet/subnet-2", ["subnet-2"]],
      "subnet-id": ["subnet-2", ["subnet-2"]],
      "vpc-id": ["vpc-2", ["subnet-2"]],
    },
    async (Filters) => {
      const { Subnets } = await lab.ec2.send(new DescribeSubnetsCommand({ Filters }));
      return (Subnets ?? []).map(({ SubnetId }) => SubnetId);
    },
  );
  filtersFind(
    "DescribeVpcs",
    {
      cidr: ["10.0.0.0/16", ["vpc-2"]],
      "cidr-block-association.cidr-block": ["10.0.0.0/16", ["vpc-2"]],
      "is-default": ["false", ["vpc-1", "vpc-2"]],
      isDefault: ["false", ["vpc-1", "vpc-2"]],
      "owner-id": ["123456789012", ["vpc-1", "vpc-2"]],
      state: ["available", ["vpc-1", "vpc-2"]],
      "vpc-id": ["vpc-2", ["vpc-2"]],
    },
    async (Filters) => {
      const { Vpcs } = await lab.ec2.send(new DescribeVpcsCommand({ Filters }));
      return (Vpcs ?? []).map(({ VpcId }) => VpcId);
    },
  );
  filtersFind(
    "DescribeInstanceTypes",
    {
      "instance-type": ["t4g.small", ["t4g.small"]],
      "burstable-performance-supported": ["true", ["t4g.small"]],
      "network-info.ipv4-addresses-per-interface": ["4", ["t4g.small"]],
      "network-info.maximum-network-interfaces": ["3", ["m5.large", "t4g.small"]],
      "processor-info.supported-architecture": ["arm64", ["t4g.small"]],
    },
    async (Filters) => {
      const { InstanceTypes } = await lab.ec2.send(
        new DescribeInstanceTypesCommand({ InstanceTypes: ["t4g.small", "m5.large"], Filters }),
      );
      return (InstanceTypes ?? []).map(({ InstanceType }) => InstanceType);
    },
  );
  it("DescribeInstanceTypes: in full", async () => {
    const { InstanceTypes } = await lab.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ["t4g.small"] }));
    assert.deepEqual(InstanceTypes, [
      {
        InstanceType: "t4g.small",
        CurrentGeneration: true,
        Hypervisor: "nitro",
        BurstablePerformanceSupported: true,
        ProcessorInfo: { SupportedArchitectures: ["arm64"] },
        NetworkInfo: { MaximumNetworkInterfaces: 3, Ipv4AddressesPerInterface: 4 },
      },
    ]);
  });

  const groups = [{ GroupId: "sg-2", GroupName: "nodes" }];
  const publicName = "ec2-203-0-113-2.eu-central-1.compute.amazonaws.com";
  const association = {
    AllocationId: "eipalloc-2",
    AssociationId: "eipassoc-2",
    IpOwnerId: "123456789012",
    PublicDnsName: publicName,
    PublicIp: "203.0.113.2",
  };
  const names = (last: number) => ({
    PrivateDnsName: `ip-10-0-1-${last}.eu-central-1.compute.internal`,
    PrivateIpAddress: `10.0.1.${last}`,
  });
  const instanceAssociation = {
    IpOwnerId: "123456789012",
    PublicDnsName: publicName,
    PublicIp: "203.0.113.2",
  };

  it("DescribeNetworkInterfaces: attached with an Elastic IP, and free", async () => {
    const { NetworkInterfaces } = await lab.ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ["eni-2", "eni-4"] }),
    );
    const common = {
      AvailabilityZone: "eu-central-1b",
      InterfaceType: "interface",
      Ipv6Addresses: [],
      OwnerId: "123456789012",
      RequesterManaged: false,
      SourceDestCheck: true,
      SubnetId: "subnet-2",
      VpcId: "vpc-2",
      TagSet: [tag],
    };
    assert.deepEqual(NetworkInterfaces, [
      {
        ...common,
        ...names(12),
        NetworkInterfaceId: "eni-2",
        MacAddress: "02:00:00:00:00:02",
        Description: "the 2.",
        Status: "in-use",
        Groups: groups,
        Association: association,
        Attachment: {
          AttachTime: new Date(launched),
          AttachmentId: "eni-attach-2",
          DeleteOnTermination: true,
          DeviceIndex: 0,
          InstanceId: second,
          InstanceOwnerId: "123456789012",
          NetworkCardIndex: 0,
          Status: "attached",
        },
        PrivateIpAddresses: [
          { ...names(12), Primary: true, Association: association },
          { ...names(20), Primary: false },
        ],
      },
      {
        ...common,
        ...names(14),
        NetworkInterfaceId: "eni-4",
        MacAddress: "02:00:00:00:00:04",
        Description: "the 4.",
        Status: "available",
        Groups: [],
        PrivateIpAddresses: [{ ...names(14), Primary: true }],
      },
    ]);
  });

  it("DescribeInstances: with two interfaces, the primary first", async () => {
    const { Reservations } = await lab.ec2.send(new DescribeInstancesCommand({ InstanceIds: [second] }));
    const [reservation] = Reservations ?? [];
    const [instance] = reservation?.Instances ?? [];
    assert(instance);
    assert.deepEqual(
      { id: reservation?.ReservationId, owner: reservation?.OwnerId, groups: reservation?.Groups },
      { id: "r-0a1b2c3d4e5f60002", owner: "123456789012", groups: [] },
    );
    const { BlockDeviceMappings, NetworkInterfaces, ...rest } = instance;
    assert.equal(BlockDeviceMappings?.length, 1);
    assert.deepEqual(rest, {
      AmiLaunchIndex: 0,
      Architecture: "arm64",
      Hypervisor: "xen",
      InstanceId: second,
      InstanceType: "t4g.small",
      LaunchTime: new Date(launched),
      Monitoring: { State: "disabled" },
      Placement: { AvailabilityZone: "eu-central-1b", Tenancy: "default" },
      ...names(12),
      PublicDnsName: publicName,
      PublicIpAddress: "203.0.113.2",
      RootDeviceName: "/dev/sda1",
      RootDeviceType: "ebs",
      SecurityGroups: groups,
      SourceDestCheck: true,
      State: { Code: 80, Name: "stopped" },
      SubnetId: "subnet-2",
      Tags: [tag],
      VirtualizationType: "hvm",
      VpcId: "vpc-2",
    });
    const eni = (number: number, deviceIndex: number) => ({
      ...names(10 + number),
      Attachment: {
        AttachTime: new Date(launched),
        AttachmentId: `eni-attach-${number}`,
        DeleteOnTermination: true,
        DeviceIndex: deviceIndex,
        NetworkCardIndex: 0,
        Status: "attached",
      },
      Description: `the ${number}.`,
      Groups: groups,
      InterfaceType: "interface",
      Ipv6Addresses: [],
      MacAddress: `02:00:00:00:00:0${number}`,
      NetworkInterfaceId: `eni-${number}`,
      OwnerId: "123456789012",
      SourceDestCheck: true,
      Status: "in-use",
      SubnetId: "subnet-2",
      VpcId: "vpc-2",
    });
    assert.deepEqual(NetworkInterfaces, [
      {
        ...eni(2, 0),
        Association: instanceAssociation,
        PrivateIpAddresses: [
          { ...names(12), Primary: true, Association: instanceAssociation },
          { ...names(20), Primary: false },
        ],
      },
      { ...eni(3, 1), PrivateIpAddresses: [{ ...names(13), Primary: true }] },
    ]);
  });

  it("DescribeInstances: a running one with the address that it was given at launch", async () => {
    const { Reservations } = await lab.ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
    const [instance] = Reservations?.[0]?.Instances ?? [];
    assert.equal(instance?.Architecture, "x86_64");
    assert.equal(instance.PrivateIpAddress, primaryIp);
    assert.equal(instance.PublicDnsName, "ec2-198-51-100-37.eu-central-1.compute.amazonaws.com");
    assert.deepEqual(instance.Placement, { AvailabilityZone: "eu-central-1a", Tenancy: "default" });
    assert.deepEqual(instance.NetworkInterfaces?.[0]?.Groups?.[0]?.GroupId, "sg-1");
  });

  it("DescribeSubnets and DescribeVpcs: in full", async () => {
    const { Subnets } = await lab.ec2.send(new DescribeSubnetsCommand({ SubnetIds: ["subnet-2"] }));
    assert.deepEqual(Subnets, [
      {
        AssignIpv6AddressOnCreation: false,
        AvailabilityZone: "eu-central-1b",
        AvailableIpAddressCount: 247,
        CidrBlock: "10.0.1.0/24",
        DefaultForAz: false,
        Ipv6CidrBlockAssociationSet: [],
        MapPublicIpOnLaunch: true,
        OwnerId: "123456789012",
        State: "available",
        SubnetArn: "arn:aws:ec2:eu-central-1:123456789012:subnet/subnet-2",
        SubnetId: "subnet-2",
        Tags: [tag],
        VpcId: "vpc-2",
      },
    ]);
    const { Vpcs } = await lab.ec2.send(new DescribeVpcsCommand({ VpcIds: ["vpc-2"] }));
    assert.deepEqual(Vpcs, [
      {
        CidrBlock: "10.0.0.0/16",
        CidrBlockAssociationSet: [
          { AssociationId: "vpc-cidr-assoc-2-0", CidrBlock: "10.0.0.0/16", CidrBlockState: { State: "associated" } },
          { AssociationId: "vpc-cidr-assoc-2-1", CidrBlock: "100.64.0.0/16", CidrBlockState: { State: "associated" } },
        ],
        InstanceTenancy: "default",
        IsDefault: false,
        OwnerId: "123456789012",
        State: "available",
        Tags: [tag],
        VpcId: "vpc-2",
      },
    ]);
  });
});
