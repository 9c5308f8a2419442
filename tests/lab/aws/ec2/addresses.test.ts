import assert from "node:assert/strict";
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  AssignPrivateIpAddressesCommand,
  CreateTagsCommand,
  DescribeAddressesAttributeCommand,
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
  DisassociateAddressCommand,
  ModifyAddressAttributeCommand,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { autoPublicIp, instanceId, primaryIp, refuses, useEndpoint } from "../harness";

const secondaryIp = "172.20.45.80";

describe("lab EC2: Elastic IPs", () => {
  const lab = useEndpoint();

  const allocate = async (): Promise<string> => {
    const { AllocationId } = await lab.ec2.send(new AllocateAddressCommand({}));
    assert(AllocationId);
    return AllocationId;
  };
  const associate = async (AllocationId: string, more: object = {}): Promise<string> => {
    const { AssociationId } = await lab.ec2.send(
      new AssociateAddressCommand({ AllocationId, NetworkInterfaceId: lab.eniId, ...more }),
    );
    assert(AssociationId);
    return AssociationId;
  };
  const assign = (): Promise<unknown> =>
    lab.ec2.send(
      new AssignPrivateIpAddressesCommand({ NetworkInterfaceId: lab.eniId, PrivateIpAddresses: [secondaryIp] }),
    );
  const allocationIds = async (filter: string, ...Values: string[]): Promise<(string | undefined)[]> => {
    const found = await lab.ec2.send(new DescribeAddressesCommand({ Filters: [{ Name: filter, Values }] }));
    return (found.Addresses ?? []).map((address) => address.AllocationId);
  };

  it("AllocateAddress: NetworkBorderGroup and PublicIpv4Pool are there, tags are set", async () => {
    const answer = await lab.ec2.send(
      new AllocateAddressCommand({
        Domain: "vpc",
        TagSpecifications: [{ ResourceType: "elastic-ip", Tags: [{ Key: "Name", Value: "ingress" }] }],
      }),
    );
    assert.match(answer.AllocationId ?? "", /^eipalloc-0[0-9a-f]{16}$/);
    assert.equal(answer.PublicIp, "203.0.113.10");
    assert.equal(answer.Domain, "vpc");
    assert.equal(answer.NetworkBorderGroup, "eu-central-1");
    assert.equal(answer.PublicIpv4Pool, "amazon");
    const [address] = (await lab.ec2.send(new DescribeAddressesCommand({}))).Addresses ?? [];
    assert.deepEqual(address, {
      AllocationId: answer.AllocationId,
      PublicIp: "203.0.113.10",
      Domain: "vpc",
      NetworkBorderGroup: "eu-central-1",
      PublicIpv4Pool: "amazon",
      Tags: [{ Key: "Name", Value: "ingress" }],
    });
  });

  it("AllocateAddress: the sixth is AddressLimitExceeded", async () => {
    for (let count = 0; count < 5; count++) await allocate();
    await refuses(allocate(), "AddressLimitExceeded");
    assert.equal(lab.account.addresses.length, 5);
  });

  it("AllocateAddress: another Region's border group and an unknown pool are refused", async () => {
    await refuses(
      lab.ec2.send(new AllocateAddressCommand({ NetworkBorderGroup: "us-east-1" })),
      "InvalidParameterValue",
      "us-east-1",
    );
    await refuses(
      lab.ec2.send(new AllocateAddressCommand({ PublicIpv4Pool: "ipv4pool-ec2-0" })),
      "InvalidPublicIpv4PoolID.NotFound",
    );
  });

  it("AssociateAddress: a private IP that is not on the ENI is InvalidParameterValue", async () => {
    const id = await allocate();
    await refuses(associate(id, { PrivateIpAddress: secondaryIp }), "InvalidParameterValue", secondaryIp);
  });

  it("AssociateAddress: without AllowReassociation the address moves and the old association id is gone", async () => {
    await assign();
    const id = await allocate();
    const first = await associate(id);
    const second = await associate(id, { PrivateIpAddress: secondaryIp });
    assert.match(second, /^eipassoc-0[0-9a-f]{16}$/);
    assert.notEqual(second, first);
    await refuses(
      lab.ec2.send(new DisassociateAddressCommand({ AssociationId: first })),
      "InvalidAssociationID.NotFound",
      first,
    );
    assert.deepEqual(await allocationIds("association-id", first), []);
    assert.deepEqual(await allocationIds("private-ip-address", secondaryIp), [id]);
  });

  it("AssociateAddress: explicit AllowReassociation=true moves it as well", async () => {
    await assign();
    const id = await allocate();
    await associate(id);
    await associate(id, { PrivateIpAddress: secondaryIp, AllowReassociation: true });
    assert.deepEqual(await allocationIds("private-ip-address", primaryIp), []);
  });

  it("AssociateAddress: explicit AllowReassociation=false is Resource.AlreadyAssociated and changes nothing", async () => {
    await assign();
    const id = await allocate();
    const before = await associate(id);
    await refuses(
      associate(id, { PrivateIpAddress: secondaryIp, AllowReassociation: false }),
      "Resource.AlreadyAssociated",
      before,
    );
    assert.deepEqual(await allocationIds("association-id", before), [id]);
  });

  it("AssociateAddress: a private IP that has somebody else's EIP loses it, unless AllowReassociation=false", async () => {
    const [theirs, ours] = [await allocate(), await allocate()];
    const association = await associate(theirs);
    await refuses(associate(ours, { AllowReassociation: false }), "Resource.AlreadyAssociated", theirs);
    await associate(ours);
    assert.deepEqual(await allocationIds("association-id", association), []);
    assert.deepEqual(await allocationIds("private-ip-address", primaryIp), [ours]);
  });

  it("AssociateAddress: the same EIP to the same place is idempotent, the id stays", async () => {
    const id = await allocate();
    const first = await associate(id);
    assert.equal(await associate(id), first);
    assert.equal(await associate(id, { PrivateIpAddress: primaryIp, AllowReassociation: false }), first);
  });

  it("AssociateAddress: by instance; unknown allocation, interface and instance are NotFound", async () => {
    const AllocationId = await allocate();
    await lab.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: instanceId }));
    assert.deepEqual(await allocationIds("instance-id", instanceId), [AllocationId]);
    await refuses(associate("eipalloc-0"), "InvalidAllocationID.NotFound", "'eipalloc-0' does not exist");
    await refuses(associate(AllocationId, { NetworkInterfaceId: "eni-0" }), "InvalidNetworkInterfaceID.NotFound");
    await refuses(
      lab.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: "i-0" })),
      "InvalidInstanceID.NotFound",
    );
    await refuses(lab.ec2.send(new AssociateAddressCommand({ AllocationId })), "MissingParameter");
  });

  it("two EIPs on one ENI: one for each private IP, each with its own Association", async () => {
    await assign();
    const [api, ingress] = [await allocate(), await allocate()];
    await associate(api);
    await associate(ingress, { PrivateIpAddress: secondaryIp });
    const { NetworkInterfaces } = await lab.ec2.send(new DescribeNetworkInterfacesCommand({}));
    const [eni] = NetworkInterfaces ?? [];
    assert.deepEqual(
      eni?.PrivateIpAddresses?.map((ip) => [ip.PrivateIpAddress, ip.Primary, ip.Association?.AllocationId]),
      [
        [primaryIp, true, api],
        [secondaryIp, false, ingress],
      ],
    );
    assert.equal(eni?.Association?.AllocationId, api);
    assert.equal(eni?.PrivateIpAddresses?.[1]?.Association?.PublicIp, "203.0.113.11");
    assert.equal(eni?.PrivateIpAddresses?.[1]?.Association?.IpOwnerId, lab.account.accountId);
  });

  it("an EIP takes the place of the public address given at launch; another comes when it goes", async () => {
    const publicIp = async (): Promise<string | undefined> => {
      const { NetworkInterfaces } = await lab.ec2.send(new DescribeNetworkInterfacesCommand({}));
      return NetworkInterfaces?.[0]?.PrivateIpAddresses?.[0]?.Association?.PublicIp;
    };
    assert.equal(await publicIp(), autoPublicIp);
    const AssociationId = await associate(await allocate());
    assert.equal(await publicIp(), "203.0.113.10");
    await lab.ec2.send(new DisassociateAddressCommand({ AssociationId }));
    const after = await publicIp();
    assert.ok(after && ![autoPublicIp, "203.0.113.10"].includes(after));
  });

  it("DescribeAddresses: the private IP it is tied to, and every documented filter", async () => {
    await assign();
    const [one, two] = [await allocate(), await allocate()];
    const association = await associate(two, { PrivateIpAddress: secondaryIp });
    await lab.ec2.send(new CreateTagsCommand({ Resources: [two], Tags: [{ Key: "Name", Value: "ingress" }] }));
    const { Addresses } = await lab.ec2.send(new DescribeAddressesCommand({ AllocationIds: [two] }));
    assert.equal(Addresses?.length, 1);
    assert.equal(Addresses[0]?.PrivateIpAddress, secondaryIp);
    assert.equal(Addresses[0]?.NetworkInterfaceId, lab.eniId);
    assert.equal(Addresses[0]?.InstanceId, instanceId);
    assert.equal(Addresses[0]?.AssociationId, association);
    for (const [filter, value] of [
      ["allocation-id", two],
      ["association-id", association],
      ["network-interface-id", lab.eniId],
      ["network-interface-owner-id", lab.account.accountId],
      ["private-ip-address", secondaryIp],
      ["public-ip", "203.0.113.11"],
      ["instance-id", instanceId],
      ["tag:Name", "ingress"],
      ["tag-key", "Name"],
    ] as const) {
      assert.deepEqual(await allocationIds(filter, value), [two], filter);
      assert.deepEqual(await allocationIds(filter, "no-such-value"), [], filter);
    }
    for (const [filter, value] of [
      ["domain", "vpc"],
      ["network-border-group", "eu-central-1"],
      ["public-ip", "203.0.113.*"],
      ["public-ip", "203.0.113.1?"],
    ] as const)
      assert.deepEqual(await allocationIds(filter, value), [one, two], filter);
    await refuses(allocationIds("colour", "red"), "InvalidParameterValue", "The filter 'colour' is invalid");
    await refuses(
      lab.ec2.send(new DescribeAddressesCommand({ AllocationIds: ["eipalloc-0"] })),
      "InvalidAllocationID.NotFound",
    );
    await refuses(lab.ec2.send(new DescribeAddressesCommand({ PublicIps: ["192.0.2.1"] })), "InvalidAddress.NotFound");
  });

  it("ReleaseAddress: InvalidIPAddress.InUse while associated, then it works and the address is free again", async () => {
    const AllocationId = await allocate();
    const AssociationId = await associate(AllocationId);
    await refuses(lab.ec2.send(new ReleaseAddressCommand({ AllocationId })), "InvalidIPAddress.InUse");
    await lab.ec2.send(new DisassociateAddressCommand({ AssociationId }));
    await refuses(
      lab.ec2.send(new ReleaseAddressCommand({ AllocationId, NetworkBorderGroup: "us-east-1" })),
      "InvalidAddress.NotFound",
    );
    await lab.ec2.send(new ReleaseAddressCommand({ AllocationId, NetworkBorderGroup: "eu-central-1" }));
    assert.deepEqual(lab.account.addresses, []);
    assert.equal(lab.account.publicIpPool.at(-1), "203.0.113.10");
    await refuses(lab.ec2.send(new ReleaseAddressCommand({ AllocationId })), "InvalidAllocationID.NotFound");
  });

  it("ModifyAddressAttribute and DescribeAddressesAttribute: an entry for each address, with its name once set", async () => {
    const AllocationId = await allocate();
    const attribute = async (): Promise<unknown> => {
      const answer = await lab.ec2.send(
        new DescribeAddressesAttributeCommand({ AllocationIds: [AllocationId], Attribute: "domain-name" }),
      );
      return answer.Addresses;
    };
    const PublicIp = "203.0.113.10";
    assert.deepEqual(await attribute(), [{ PublicIp, AllocationId }]);
    await lab.ec2.send(new ModifyAddressAttributeCommand({ AllocationId, DomainName: "app.example.com" }));
    assert.deepEqual(await attribute(), [{ PublicIp, AllocationId, PtrRecord: "app.example.com." }]);
  });
});
