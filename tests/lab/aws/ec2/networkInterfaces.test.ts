import assert from "node:assert/strict";
import {
  AssignPrivateIpAddressesCommand,
  CreateSecurityGroupCommand,
  DescribeNetworkInterfacesCommand,
  ModifyNetworkInterfaceAttributeCommand,
} from "@aws-sdk/client-ec2";
import { autoPublicIp, cluster, instanceId, primaryIp, refuses, useEndpoint } from "../harness";

describe("lab EC2: network interfaces", () => {
  const lab = useEndpoint();

  const find = async (Name: string, ...Values: string[]): Promise<number> => {
    const answer = await lab.ec2.send(new DescribeNetworkInterfacesCommand({ Filters: [{ Name, Values }] }));
    return answer.NetworkInterfaces?.length ?? 0;
  };
  const setGroups = (...Groups: string[]): Promise<unknown> =>
    lab.ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: lab.eniId, Groups }));
  const createGroup = async (GroupName: string): Promise<string> => {
    const input = { GroupName, Description: "test", VpcId: lab.vpcId };
    const { GroupId } = await lab.ec2.send(new CreateSecurityGroupCommand(input));
    assert(GroupId);
    return GroupId;
  };

  it("DescribeNetworkInterfaces: everything that getNetworkInterface and the attachment read", async () => {
    const { NetworkInterfaces } = await lab.ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [lab.eniId] }),
    );
    const [eni] = NetworkInterfaces ?? [];
    assert.equal(eni?.NetworkInterfaceId, lab.eniId);
    assert.equal(eni.OwnerId, "123456789012");
    assert.equal(eni.Status, "in-use");
    assert.equal(eni.InterfaceType, "interface");
    assert.equal(eni.AvailabilityZone, "eu-central-1a");
    assert.equal(eni.SubnetId, lab.account.subnets[0]?.subnetId);
    assert.equal(eni.VpcId, lab.vpcId);
    assert.equal(eni.MacAddress, "02:1b:7c:00:45:37");
    assert.equal(eni.PrivateIpAddress, primaryIp);
    assert.equal(eni.PrivateDnsName, "ip-172-20-45-37.eu-central-1.compute.internal");
    assert.equal(eni.Attachment?.InstanceId, instanceId);
    assert.equal(eni.Attachment.DeviceIndex, 0);
    assert.equal(eni.Attachment.Status, "attached");
    assert(eni.Attachment.AttachTime instanceof Date);
    assert.deepEqual(eni.Groups, [
      { GroupId: lab.account.securityGroups[0]?.groupId, GroupName: `masters.${cluster}` },
    ]);
    assert.deepEqual(eni.Association, {
      PublicIp: autoPublicIp,
      PublicDnsName: "ec2-198-51-100-37.eu-central-1.compute.amazonaws.com",
      IpOwnerId: "amazon",
    });
    assert(eni.TagSet?.some(({ Key, Value }) => Key === "KubernetesCluster" && Value === cluster));
  });

  it("DescribeNetworkInterfaces: addresses.private-ip-address finds secondary addresses", async () => {
    await lab.ec2.send(
      new AssignPrivateIpAddressesCommand({ NetworkInterfaceId: lab.eniId, PrivateIpAddresses: ["172.20.45.80"] }),
    );
    assert.equal(await find("addresses.private-ip-address", "172.20.45.80"), 1);
    assert.equal(await find("addresses.private-ip-address", "172.20.45.81"), 0);
  });

  it("DescribeNetworkInterfaces: documented filters only, all of them must fit", async () => {
    for (const [filter, value] of [
      ["attachment.instance-id", instanceId],
      ["attachment.device-index", "0"],
      ["group-id", lab.account.securityGroups[0]?.groupId ?? ""],
      ["vpc-id", lab.vpcId],
      ["status", "in-use"],
      ["tag:k8s.io/role/control-plane", "1"],
      ["tag-key", `kubernetes.io/cluster/${cluster}`],
      ["association.public-ip", autoPublicIp],
    ] as const) {
      assert.equal(await find(filter, value), 1, filter);
      assert.equal(await find(filter, "another"), 0, filter);
      assert.equal(await find(filter, "another", value), 1, filter);
    }
    const both = [
      { Name: "attachment.instance-id", Values: [instanceId] },
      { Name: "attachment.device-index", Values: ["1"] },
    ];
    const answer = await lab.ec2.send(new DescribeNetworkInterfacesCommand({ Filters: both }));
    assert.deepEqual(answer.NetworkInterfaces, []);
    await refuses(find("instance-id", instanceId), "InvalidParameterValue", "The filter 'instance-id' is invalid");
    await refuses(
      lab.ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ["eni-0"] })),
      "InvalidNetworkInterfaceID.NotFound",
      "'eni-0' does not exist",
    );
  });

  it("ModifyNetworkInterfaceAttribute(Groups): replaces the set, in the order given", async () => {
    const kops = lab.eni.securityGroupIds[0] ?? "";
    const ours = await createGroup("ours");
    await setGroups(ours, kops);
    assert.deepEqual(lab.eni.securityGroupIds, [ours, kops]);
    await setGroups(kops);
    assert.deepEqual(lab.eni.securityGroupIds, [kops]);
  });

  it("ModifyNetworkInterfaceAttribute(Groups): five at most", async () => {
    const groups = [];
    for (const name of ["a", "b", "c", "d", "e", "f"]) groups.push(await createGroup(name));
    await setGroups(...groups.slice(0, 5));
    await refuses(setGroups(...groups), "SecurityGroupsPerInterfaceLimitExceeded");
    assert.deepEqual(lab.eni.securityGroupIds, groups.slice(0, 5));
  });

  it("ModifyNetworkInterfaceAttribute: an empty set, an unknown group and an unknown interface are refused", async () => {
    await refuses(setGroups(), "InvalidParameterCombination", "No attributes specified");
    await refuses(setGroups("sg-0"), "InvalidGroup.NotFound", "sg-0");
    await refuses(
      lab.ec2.send(
        new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: "eni-0", Groups: lab.eni.securityGroupIds }),
      ),
      "InvalidNetworkInterfaceID.NotFound",
    );
  });

  it("ModifyNetworkInterfaceAttribute: the description", async () => {
    await lab.ec2.send(
      new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: lab.eniId, Description: { Value: "node" } }),
    );
    assert.equal(await find("description", "node"), 1);
  });
});
