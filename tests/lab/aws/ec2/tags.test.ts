import assert from "node:assert/strict";
import {
  AllocateAddressCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeTagsCommand,
  type Tag,
} from "@aws-sdk/client-ec2";
import { refuses, useEndpoint } from "../harness";

describe("lab EC2: tags", () => {
  const lab = useEndpoint();
  let id: string;

  const create = (...Tags: Tag[]): Promise<unknown> => lab.ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
  const remove = (...Tags: Tag[]): Promise<unknown> => lab.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags }));
  const tags = async (): Promise<Record<string, string>> => {
    const Filters = [{ Name: "resource-id", Values: [id] }];
    const answer = await lab.ec2.send(new DescribeTagsCommand({ Filters }));
    return Object.fromEntries((answer.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
  };

  beforeEach(async () => {
    id = (await lab.ec2.send(new AllocateAddressCommand({}))).AllocationId ?? "";
  });

  it("CreateTags adds and overwrites, DescribeTags finds them", async () => {
    await create({ Key: "Name", Value: "a" }, { Key: "team", Value: "x" });
    await create({ Key: "Name", Value: "<b> & 'c'" });
    assert.deepEqual(await tags(), { Name: "<b> & 'c'", team: "x" });
    const Filters = [
      { Name: "resource-type", Values: ["elastic-ip"] },
      { Name: "tag:team", Values: ["*"] },
    ];
    assert.deepEqual((await lab.ec2.send(new DescribeTagsCommand({ Filters }))).Tags, [
      { ResourceId: id, ResourceType: "elastic-ip", Key: "team", Value: "x" },
    ]);
  });

  it("DeleteTags: with a value only if it has that value; without tags, all", async () => {
    await create({ Key: "a", Value: "1" }, { Key: "b", Value: "2" }, { Key: "c", Value: "3" });
    await remove({ Key: "a", Value: "other" }, { Key: "b", Value: "2" });
    assert.deepEqual(await tags(), { a: "1", c: "3" });
    await remove({ Key: "c" });
    assert.deepEqual(await tags(), { a: "1" });
    await remove();
    assert.deepEqual(await tags(), {});
  });

  it("refuses what AWS refuses: reserved keys, the 51st tag, unknown resources", async () => {
    await refuses(create({ Key: "aws:mine", Value: "x" }), "InvalidParameterValue", "reserved for internal use");
    const fifty = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: "v" }));
    await create(...fifty);
    await refuses(create({ Key: "one-more", Value: "v" }), "TagLimitExceeded");
    assert.equal(Object.keys(await tags()).length, 50);
    for (const [missing, code] of [
      ["eipalloc-0", "InvalidAllocationID.NotFound"],
      ["sg-0", "InvalidGroup.NotFound"],
      ["sgr-0", "InvalidSecurityGroupRuleId.NotFound"],
      ["eni-0", "InvalidNetworkInterfaceID.NotFound"],
      ["i-0", "InvalidInstanceID.NotFound"],
      ["vol-0", "InvalidID"],
    ] as const)
      await refuses(
        lab.ec2.send(new CreateTagsCommand({ Resources: [missing], Tags: [{ Key: "a", Value: "b" }] })),
        code,
        missing,
      );
  });

  it("a creating call refuses tags for another kind of resource", async () => {
    await refuses(
      lab.ec2.send(
        new AllocateAddressCommand({
          TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "a", Value: "b" }] }],
        }),
      ),
      "InvalidParameterValue",
      "'instance' is not a valid taggable resource type",
    );
    assert.equal(lab.account.addresses.length, 1);
  });

  it("DescribeTags knows what kind each resource is", async () => {
    const [instance] = lab.account.instances;
    const [vpc] = lab.account.vpcs;
    const [subnet] = lab.account.subnets;
    const [group] = lab.account.securityGroups;
    const [rule] = lab.account.securityGroupRules;
    assert(instance && vpc && subnet && group && rule);
    const ids = {
      instance: instance.instanceId,
      "network-interface": lab.eniId,
      "security-group": group.groupId,
      "security-group-rule": rule.securityGroupRuleId,
      subnet: subnet.subnetId,
      vpc: vpc.vpcId,
      "elastic-ip": id,
    };
    await lab.ec2.send(new CreateTagsCommand({ Resources: Object.values(ids), Tags: [{ Key: "team", Value: "x" }] }));
    for (const [kind, resource] of Object.entries(ids))
      for (const [Name, value] of [
        ["resource-type", kind],
        ["resource-id", resource],
      ] as const) {
        const Filters = [
          { Name, Values: [value] },
          { Name: "key", Values: ["team"] },
          { Name: "value", Values: ["x"] },
        ];
        assert.deepEqual((await lab.ec2.send(new DescribeTagsCommand({ Filters }))).Tags, [
          { ResourceId: resource, ResourceType: kind, Key: "team", Value: "x" },
        ]);
      }
  });

  it("refuses keys and values that are too long or empty, and takes the longest", async () => {
    await create({ Key: "k".repeat(128), Value: "v".repeat(256) });
    await refuses(create({ Key: "k".repeat(129), Value: "v" }), "InvalidParameterValue", "from 1 to 128 characters");
    await refuses(create({ Key: "", Value: "v" }), "InvalidParameterValue", "from 1 to 128 characters: ''");
    await refuses(create({ Key: "k", Value: "v".repeat(257) }), "InvalidParameterValue", "maximum length of 256");
    await create({ Key: "law:mine", Value: "x" });
    assert.deepEqual(Object.keys(await tags()).length, 2);
  });
});
