import assert from "node:assert/strict";
import { failureOf, partlyCreated, unknown } from "../plugin";
import { useCloud } from "./cloud";

const type = "aws:ec2/securityGroup:SecurityGroup";

describe("lab plugin aws: SecurityGroup", () => {
  const cloud = useCloud();
  const inputs = () => ({
    namePrefix: "ingress-",
    description: "Applications",
    vpcId: cloud.vpcId,
    tags: { Name: "ingress" },
  });

  it("is made, read and deleted by the calls of the official plugin, without any egress", async () => {
    const asked = inputs();
    const { id, outputs } = await cloud.plugin.create(type, asked);
    assert.deepEqual(cloud.calls(), [
      "CreateSecurityGroup",
      ...["DescribeSecurityGroups", "DescribeSecurityGroups", "DescribeSecurityGroups"],
      ...["RevokeSecurityGroupEgress", "RevokeSecurityGroupEgress"],
      ...["DescribeSecurityGroups", "DescribeSecurityGroups"],
    ]);
    assert.match(String(outputs["name"]), /^ingress-[0-9a-f]{26}$/);
    assert.deepEqual(
      cloud.account.securityGroupRules.filter(({ groupId }) => groupId === id),
      [],
    );
    const read = await cloud.plugin.read(type, id, outputs, asked);
    assert.deepEqual(cloud.calls(), ["DescribeSecurityGroups"]);
    assert.deepEqual(read, { id, outputs, inputs: asked });
    await cloud.plugin.delete(type, id, outputs);
    assert.deepEqual(cloud.calls(), ["DescribeNetworkInterfaces", "DeleteSecurityGroup", "DescribeSecurityGroups"]);
    assert.equal((await cloud.plugin.read(type, id, outputs, asked)).id, "");
    await cloud.plugin.delete(type, id, outputs);
  });

  it("is believed only after it was found three times in a row", async () => {
    cloud.faults.push({ action: "DescribeSecurityGroups", kind: "stale", times: 1 });
    const { id, outputs } = await cloud.plugin.create(type, inputs());
    const before = cloud.calls().indexOf("RevokeSecurityGroupEgress");
    assert.equal(before, 1 + 4);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("stays in the state when it could not be closed", async () => {
    cloud.faults.push({ action: "RevokeSecurityGroupEgress", kind: "unauthorized", times: 1 });
    const failure = await failureOf(cloud.plugin.create(type, inputs()));
    assert.match(failure.details, /RevokeSecurityGroupEgress.*UnauthorizedOperation/);
    const { id, outputs } = partlyCreated(failure);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("is named by Pulumi where the program does not, once", async () => {
    const first = (await cloud.plugin.check(type, {})).inputs;
    assert.match(String(first["name"]), /^it-[0-9a-f]{7}$/);
    assert.equal(first["description"], "Managed by Pulumi");
    assert.equal((await cloud.plugin.check(type, {}, first)).inputs["name"], first["name"]);
    assert.equal((await cloud.plugin.check(type, { name: "mine" })).inputs["name"], "mine");
    assert.equal((await cloud.plugin.check(type, { namePrefix: "mine-" })).inputs["name"], undefined);
    const { outputs } = await cloud.plugin.create(type, inputs(), { preview: true });
    assert.equal(outputs["name"], unknown);
  });

  it("waits until nobody uses it, and says who does when its time is over", async () => {
    const { id, outputs } = await cloud.plugin.create(type, inputs());
    const attachment = { securityGroupId: id, networkInterfaceId: cloud.eniId };
    const attached = "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment";
    const made = await cloud.plugin.create(attached, attachment);
    let gone = false;
    const deleted = cloud.plugin.delete(type, id, outputs).then(() => void (gone = true));
    while (!cloud.calls().includes("DeleteSecurityGroup")) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(gone, false);
    await cloud.plugin.delete(attached, made.id, made.outputs);
    await deleted;
    assert.equal(
      cloud.account.securityGroups.some(({ groupId }) => groupId === id),
      false,
    );
  });

  it("is replaced for another name, description or VPC, not for other tags", async () => {
    const changed = { namePrefix: "b", description: "b", vpcId: "vpc-b", tags: { b: "b" } };
    const { detailed } = await cloud.plugin.diff(type, inputs(), changed);
    assert.deepEqual(detailed, {
      namePrefix: "UPDATE_REPLACE",
      description: "UPDATE_REPLACE",
      vpcId: "UPDATE_REPLACE",
      tags: "UPDATE",
    });
  });
});
