/** What aws.ec2.getInstance of the official provider reads beside the instance itself. */
import assert from "node:assert/strict";
import {
  DescribeInstanceAttributeCommand,
  DescribeInstanceCreditSpecificationsCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type Filter,
  type InstanceAttributeName,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { instanceId, refuses, useEndpoint } from "../harness";

describe("lab EC2: what getInstance reads", () => {
  const lab = useEndpoint();
  const volumeId = instanceId.replace("i-", "vol-");
  const attribute = async (Attribute: string, InstanceId = instanceId) => {
    const input = { InstanceId, Attribute: Attribute as InstanceAttributeName };
    return lab.ec2.send(new DescribeInstanceAttributeCommand(input));
  };
  const volumes = async (...Filters: Filter[]) =>
    (await lab.ec2.send(new DescribeVolumesCommand({ Filters }))).Volumes ?? [];
  const credits = async (...InstanceIds: string[]) => {
    const answer = await lab.ec2.send(new DescribeInstanceCreditSpecificationsCommand({ InstanceIds }));
    return (answer.InstanceCreditSpecifications ?? []).map(({ InstanceId, CpuCredits }) => [InstanceId, CpuCredits]);
  };
  /** An instance beside the node. */
  const addInstance = (id: string, instanceType: string): void => {
    const [node] = lab.account.instances;
    assert(node);
    lab.account.instances.push({ ...node, instanceId: id, instanceType });
  };

  it("DescribeInstanceAttribute: one attribute, with its value", async () => {
    for (const [name, member, value] of [
      ["disableApiStop", "DisableApiStop", false],
      ["disableApiTermination", "DisableApiTermination", false],
      ["instanceType", "InstanceType", "t3.medium"],
      ["rootDeviceName", "RootDeviceName", "/dev/sda1"],
      ["sourceDestCheck", "SourceDestCheck", true],
    ] as const) {
      const { $metadata, ...answer } = await attribute(name);
      assert.equal($metadata.httpStatusCode, 200);
      const given = Object.fromEntries(Object.entries(answer).filter(([, each]) => each !== undefined));
      assert.deepEqual(given, { InstanceId: instanceId, [member]: { Value: value } }, name);
    }
  });

  it("DescribeInstanceAttribute: user data in base64, as whoever may ask it gets it", async () => {
    const { UserData } = await attribute("userData");
    const script = Buffer.from(UserData?.Value ?? "", "base64").toString();
    assert.equal(script, "#!/bin/bash\n# Here kOps starts nodeup, with the cluster's secrets.\n");
  });

  it("DescribeInstanceAttribute: unknown attribute and unknown instance", async () => {
    await refuses(attribute("colour"), "InvalidParameterValue", "Value (colour) for parameter Attribute is invalid");
    await refuses(attribute("userData", "i-0"), "InvalidInstanceID.NotFound", "'i-0' does not exist");
  });

  it("DescribeInstances names the root volume, and DescribeVolumes has it", async () => {
    const { Reservations } = await lab.ec2.send(new DescribeInstancesCommand({}));
    const [node] = Reservations?.[0]?.Instances ?? [];
    assert.deepEqual([node?.RootDeviceName, node?.RootDeviceType], ["/dev/sda1", "ebs"]);
    const { LaunchTime } = node ?? {};
    assert.deepEqual(node?.BlockDeviceMappings, [
      {
        DeviceName: "/dev/sda1",
        Ebs: { VolumeId: volumeId, Status: "attached", AttachTime: LaunchTime, DeleteOnTermination: true },
      },
    ]);
    const { Volumes } = await lab.ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }));
    assert.deepEqual(Volumes, [
      {
        VolumeId: volumeId,
        State: "in-use",
        AvailabilityZone: "eu-central-1a",
        CreateTime: LaunchTime,
        Size: 64,
        VolumeType: "gp3",
        Iops: 3000,
        Throughput: 125,
        Encrypted: true,
        Attachments: [
          {
            VolumeId: volumeId,
            InstanceId: instanceId,
            Device: "/dev/sda1",
            State: "attached",
            AttachTime: LaunchTime,
            DeleteOnTermination: true,
          },
        ],
        Tags: node.Tags,
      },
    ]);
    await refuses(
      lab.ec2.send(new DescribeVolumesCommand({ VolumeIds: ["vol-0"] })),
      "InvalidVolume.NotFound",
      "The volume 'vol-0' does not exist",
    );
  });

  it("DescribeVolumes: documented filters only", async () => {
    addInstance("i-0000000000000000f", "m5.large");
    const launchTime = lab.account.instances[0]?.launchTime ?? "";
    for (const [Name, value, count] of [
      ["attachment.instance-id", instanceId, 1],
      ["volume-id", volumeId, 1],
      ["attachment.attach-time", launchTime, 2],
      ["attachment.delete-on-termination", "true", 2],
      ["attachment.device", "/dev/sda1", 2],
      ["attachment.status", "attached", 2],
      ["availability-zone", "eu-central-1a", 2],
      ["create-time", launchTime, 2],
      ["encrypted", "true", 2],
      ["size", "64", 2],
      ["status", "in-use", 2],
      ["volume-type", "gp3", 2],
      ["tag:k8s.io/role/control-plane", "1", 2],
    ] as const) {
      assert.equal((await volumes({ Name, Values: [value] })).length, count, Name);
      assert.equal((await volumes({ Name, Values: ["another"] })).length, 0, Name);
    }
    await refuses(volumes({ Name: "colour", Values: ["red"] }), "InvalidParameterValue", "'colour' is invalid");
  });

  it("a root volume goes with its instance", async () => {
    await lab.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    assert.deepEqual(await volumes(), []);
    const { Reservations } = await lab.ec2.send(new DescribeInstancesCommand({}));
    assert.deepEqual(Reservations?.[0]?.Instances?.[0]?.BlockDeviceMappings, []);
  });

  it("DescribeInstanceCreditSpecifications: of those named, else of those with unlimited credits", async () => {
    addInstance("i-0000000000000000f", "m5.large");
    assert.deepEqual(await credits(), [[instanceId, "unlimited"]]);
    assert.deepEqual(await credits("i-0000000000000000f"), [["i-0000000000000000f", "standard"]]);
    assert.deepEqual(await credits(instanceId, "i-0000000000000000f"), [
      [instanceId, "unlimited"],
      ["i-0000000000000000f", "standard"],
    ]);
    await refuses(credits("i-0"), "InvalidInstanceID.NotFound", "i-0");
    const filtered = (Name: string, value: string) => {
      const Filters = [{ Name, Values: [value] }];
      return lab.ec2.send(new DescribeInstanceCreditSpecificationsCommand({ Filters }));
    };
    assert.equal((await filtered("instance-id", instanceId)).InstanceCreditSpecifications?.length, 1);
    assert.deepEqual((await filtered("instance-id", "i-0")).InstanceCreditSpecifications, []);
    await refuses(filtered("instance-type", "t3.medium"), "InvalidParameterValue", "'instance-type' is invalid");
  });
});
