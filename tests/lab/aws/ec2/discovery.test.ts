/** What the program looks up before it changes anything: instances, their types, subnets, VPCs. */
import assert from "node:assert/strict";
import {
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type Filter,
  type Instance,
} from "@aws-sdk/client-ec2";
import { autoPublicIp, cluster, instanceId, primaryIp, refuses, useEndpoint } from "../harness";

describe("lab EC2: instances, types, subnets and VPCs", () => {
  const lab = useEndpoint();

  const instances = async (...Filters: Filter[]): Promise<Instance[]> => {
    const { Reservations } = await lab.ec2.send(new DescribeInstancesCommand({ Filters }));
    return (Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
  };
  const kopsTags = [
    { Name: "tag:KubernetesCluster", Values: [cluster] },
    { Name: "tag:k8s.io/role/control-plane", Values: ["1"] },
  ];

  it("DescribeInstances: the node by kOps' tags, with everything that the official provider reads", async () => {
    const [node, second] = await instances(...kopsTags, { Name: "instance-state-name", Values: ["running"] });
    assert.equal(second, undefined);
    assert.equal(node?.InstanceId, instanceId);
    assert.deepEqual(node.State, { Code: 16, Name: "running" });
    assert(node.LaunchTime instanceof Date);
    assert.equal(node.InstanceType, "t3.medium");
    assert.equal(node.PrivateIpAddress, primaryIp);
    assert.equal(node.PublicIpAddress, autoPublicIp);
    assert.equal(node.Placement?.AvailabilityZone, "eu-central-1a");
    const [eni] = node.NetworkInterfaces ?? [];
    assert.equal(eni?.NetworkInterfaceId, lab.eniId);
    assert.equal(eni.Attachment?.DeviceIndex, 0);
    assert.equal(eni.PrivateIpAddresses?.[0]?.Association?.PublicIp, autoPublicIp);
    for (const tag of [
      { Key: "KubernetesCluster", Value: cluster },
      { Key: `kubernetes.io/cluster/${cluster}`, Value: "owned" },
      { Key: "k8s.io/role/control-plane", Value: "1" },
    ])
      assert(node.Tags?.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
  });

  it("DescribeInstances: none found is an empty list, states are told apart", async () => {
    assert.deepEqual(await instances({ Name: "tag:KubernetesCluster", Values: ["other.example.com"] }), []);
    const [instance] = lab.account.instances;
    assert(instance);
    instance.state = "stopped";
    assert.deepEqual(await instances({ Name: "instance-state-name", Values: ["running", "pending"] }), []);
    assert.equal((await instances({ Name: "instance-state-code", Values: ["80"] })).length, 1);
  });

  it("DescribeInstances: one without network interface, as after termination, has no addresses", async () => {
    lab.account.networkInterfaces = [];
    const [node] = await instances();
    assert.equal(node?.PrivateIpAddress, undefined);
    assert.deepEqual(node?.NetworkInterfaces, []);
  });

  it("DescribeInstances: unknown id and unknown filter", async () => {
    await refuses(
      lab.ec2.send(new DescribeInstancesCommand({ InstanceIds: ["i-0"] })),
      "InvalidInstanceID.NotFound",
      "The instance ID 'i-0' does not exist",
    );
    await refuses(instances({ Name: "state", Values: ["running"] }), "InvalidParameterValue", "'state' is invalid");
  });

  it("DescribeInstanceTypes: addresses for each interface; an unknown type is InvalidInstanceType", async () => {
    const { InstanceTypes } = await lab.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ["t3.small"] }));
    assert.equal(InstanceTypes?.length, 1);
    assert.equal(InstanceTypes[0]?.NetworkInfo?.Ipv4AddressesPerInterface, 4);
    assert.equal(InstanceTypes[0].BurstablePerformanceSupported, true);
    await refuses(
      lab.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ["t3.tiny" as "t3.nano"] })),
      "InvalidInstanceType",
      "[t3.tiny]",
    );
  });

  it("DescribeSubnets: by both spellings of a filter, with the number of free addresses", async () => {
    for (const Name of ["cidr-block", "cidrBlock", "cidr"]) {
      const input = { Filters: [{ Name, Values: ["172.20.32.0/19"] }] };
      const { Subnets } = await lab.ec2.send(new DescribeSubnetsCommand(input));
      assert.equal(Subnets?.length, 1, Name);
      assert.equal(Subnets[0]?.VpcId, lab.vpcId);
      assert.equal(Subnets[0].State, "available");
      // A /19 without the five reserved ones and the node's.
      assert.equal(Subnets[0].AvailableIpAddressCount, 8192 - 5 - 1);
    }
    await refuses(lab.ec2.send(new DescribeSubnetsCommand({ SubnetIds: ["subnet-0"] })), "InvalidSubnetID.NotFound");
  });

  it("DescribeVpcs: the /16 around the subnet, by kOps' tag", async () => {
    const { Vpcs } = await lab.ec2.send(new DescribeVpcsCommand({ Filters: kopsTags.slice(0, 1) }));
    assert.equal(Vpcs?.length, 1);
    assert.equal(Vpcs[0]?.CidrBlock, "172.20.0.0/16");
    assert.equal(Vpcs[0].IsDefault, false);
    await refuses(lab.ec2.send(new DescribeVpcsCommand({ VpcIds: ["vpc-0"] })), "InvalidVpcID.NotFound");
  });
});
