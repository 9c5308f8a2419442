import assert from "node:assert/strict";
import { failureOf } from "../plugin";
import { useCloud } from "./cloud";

const type = "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment";

describe("lab plugin aws: NetworkInterfaceSecurityGroupAttachment", () => {
  const cloud = useCloud();
  const groups: string[] = [];
  before(async () => {
    for (const name of ["first", "second"]) {
      const group = { name, description: name, vpcId: cloud.vpcId };
      groups.push((await cloud.plugin.create("aws:ec2/securityGroup:SecurityGroup", group)).id);
    }
  });
  const inputs = (securityGroupId = groups[0]) => ({ securityGroupId, networkInterfaceId: cloud.eniId });
  const attached = () => cloud.account.networkInterfaces[0]?.securityGroupIds ?? [];

  it("is made, read and undone by the calls of the official plugin, the new group first", async () => {
    const before = attached();
    const { id, outputs } = await cloud.plugin.create(type, inputs());
    assert.deepEqual(cloud.calls(), [
      ...["DescribeNetworkInterfaces", "ModifyNetworkInterfaceAttribute", "DescribeNetworkInterfaces"],
    ]);
    assert.equal(id, `${groups[0]}_${cloud.eniId}`);
    assert.deepEqual(attached(), [groups[0], ...before]);
    const read = await cloud.plugin.read(type, id, outputs, inputs());
    assert.deepEqual(cloud.calls(), ["DescribeNetworkInterfaces"]);
    assert.deepEqual(read, { id, outputs, inputs: inputs() });
    assert.deepEqual((await cloud.plugin.read(type, id)).inputs, inputs());
    cloud.calls();
    await cloud.plugin.delete(type, id, outputs);
    assert.deepEqual(cloud.calls(), ["DescribeNetworkInterfaces", "ModifyNetworkInterfaceAttribute"]);
    assert.deepEqual(attached(), before);
    assert.equal((await cloud.plugin.read(type, id, outputs, inputs())).id, "");
  });

  it("loses none of two that are made at once", async () => {
    const made = await Promise.all(groups.map((group) => cloud.plugin.create(type, inputs(group))));
    assert.deepEqual(
      groups.filter((group) => !attached().includes(group)),
      [],
    );
    await Promise.all(made.map(({ id, outputs }) => cloud.plugin.delete(type, id, outputs)));
    assert.deepEqual(
      groups.filter((group) => attached().includes(group)),
      [],
    );
  });

  it("cannot adopt a group that is there, and names an interface that is not", async () => {
    const { id, outputs } = await cloud.plugin.create(type, inputs());
    assert.equal(
      (await failureOf(cloud.plugin.create(type, inputs()))).details,
      `EC2 Security Group (${groups[0]}) already attached to EC2 Network Interface (${cloud.eniId})`,
    );
    await cloud.plugin.delete(type, id, outputs);
    const missing = { ...inputs(), networkInterfaceId: "eni-00000000000000000" };
    assert.match(
      (await failureOf(cloud.plugin.create(type, missing))).details,
      /eni-00000000000000000.*couldn't find resource/,
    );
  });
});
