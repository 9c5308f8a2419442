import assert from "node:assert/strict";
import { useCloud } from "./cloud";

const types = {
  ingress: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  egress: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
} as const;

describe("lab plugin aws: SecurityGroupIngressRule and SecurityGroupEgressRule", () => {
  const cloud = useCloud();
  let securityGroupId: string;
  before(async () => {
    const group = { name: "rules", description: "rules", vpcId: cloud.vpcId };
    securityGroupId = (await cloud.plugin.create("aws:ec2/securityGroup:SecurityGroup", group)).id;
  });
  const https = (more: object = {}) => ({
    securityGroupId,
    ipProtocol: "tcp",
    fromPort: 443,
    toPort: 443,
    cidrIpv4: "0.0.0.0/0",
    ...more,
  });
  const rule = (id: string) =>
    cloud.account.securityGroupRules.find(({ securityGroupRuleId }) => securityGroupRuleId === id);

  for (const direction of ["ingress", "egress"] as const) {
    const [type, name] = [types[direction], direction === "ingress" ? "Ingress" : "Egress"];

    it(`${direction}: is made, read and revoked by the calls of the official plugin`, async () => {
      const asked = https({ description: "all", tags: { Name: "https" } });
      const { id, outputs } = await cloud.plugin.create(type, asked);
      assert.deepEqual(cloud.calls(), [`AuthorizeSecurityGroup${name}`]);
      assert.equal(rule(id)?.isEgress, direction === "egress");
      assert.equal(outputs["securityGroupRuleId"], id);
      const read = await cloud.plugin.read(type, id, outputs, asked);
      assert.deepEqual(cloud.calls(), ["DescribeSecurityGroupRules"]);
      assert.deepEqual(read, { id, outputs, inputs: asked });
      const other = types[direction === "ingress" ? "egress" : "ingress"];
      assert.equal((await cloud.plugin.read(other, id, outputs, asked)).id, "");
      cloud.calls();
      await cloud.plugin.delete(type, id, outputs);
      assert.deepEqual(cloud.calls(), [`RevokeSecurityGroup${name}`]);
      assert.equal((await cloud.plugin.read(type, id, outputs, asked)).id, "");
      await cloud.plugin.delete(type, id, outputs);
    });
  }

  it("is modified in place, tags apart from the rest", async () => {
    const type = types.ingress;
    const asked = https({ tags: { Name: "a" } });
    const { id, outputs } = await cloud.plugin.create(type, asked);
    cloud.calls();
    const moved = https({ tags: { Name: "a" }, fromPort: 80, toPort: 80, cidrIpv4: "198.51.100.0/24" });
    const updated = await cloud.plugin.update(type, id, { outputs, inputs: asked }, moved);
    assert.deepEqual(cloud.calls(), ["ModifySecurityGroupRules"]);
    assert.equal(rule(id)?.cidrIpv4, "198.51.100.0/24");
    const retagged = { ...moved, tags: { Name: "b" } };
    await cloud.plugin.update(type, id, { outputs: updated, inputs: moved }, retagged);
    assert.deepEqual(cloud.calls(), ["CreateTags"]);
    await cloud.plugin.delete(type, id, updated);
  });

  it("is replaced when the kind of its source changes, or its group", async () => {
    const { cidrIpv4, ...rest } = https();
    const change = await cloud.plugin.diff(types.ingress, { ...rest, cidrIpv4 }, { ...rest, cidrIpv6: "::/0" });
    assert.deepEqual(change.replaces.sort(), ["cidrIpv4", "cidrIpv6"]);
    const other = await cloud.plugin.diff(types.ingress, https(), https({ cidrIpv4: "10.0.0.0/8" }));
    assert.deepEqual(other, { changed: true, replaces: [], detailed: { cidrIpv4: "UPDATE" } });
    const group = await cloud.plugin.diff(types.ingress, https(), https({ securityGroupId: "sg-2" }));
    assert.deepEqual(group.replaces, ["securityGroupId"]);
  });

  it("shows what somebody else changed, and no ports where every protocol passes", async () => {
    const type = types.egress;
    const asked = { securityGroupId, ipProtocol: "-1", cidrIpv4: "0.0.0.0/0", description: "ours" };
    const { id, outputs } = await cloud.plugin.create(type, asked);
    assert.deepEqual((await cloud.plugin.read(type, id, outputs, asked)).inputs, asked);
    const there = rule(id);
    assert(there);
    there.cidrIpv4 = "10.0.0.0/8";
    delete there.description;
    const drifted = await cloud.plugin.read(type, id, outputs, asked);
    assert.deepEqual(drifted.inputs, { securityGroupId, ipProtocol: "-1", cidrIpv4: "10.0.0.0/8" });
    await cloud.plugin.delete(type, id, outputs);
  });

  it("may name another group as its source", async () => {
    const rest = Object.fromEntries(
      Object.entries(https({ referencedSecurityGroupId: securityGroupId, description: "itself" })).filter(
        ([name]) => name !== "cidrIpv4",
      ),
    );
    const { id, outputs } = await cloud.plugin.create(types.ingress, rest);
    assert.deepEqual((await cloud.plugin.read(types.ingress, id, outputs, rest)).inputs, rest);
    await cloud.plugin.delete(types.ingress, id, outputs);
  });
});
