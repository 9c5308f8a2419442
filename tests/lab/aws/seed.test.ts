import assert from "node:assert/strict";
import { seedAccount } from "../../../lab/aws/seed";
import { cluster, freshAccount, instanceId } from "./harness";

describe("the account that kOps leaves", () => {
  it("has one node whose ENI opens 22 and 443 to everybody and has kOps' tags", () => {
    const account = freshAccount();
    const [eni] = account.networkInterfaces;
    const [group] = account.securityGroups;
    assert.deepEqual(eni?.attachment && { ...eni.attachment, attachmentId: "" }, {
      attachmentId: "",
      instanceId,
      deviceIndex: 0,
    });
    assert.deepEqual(eni?.securityGroupIds, [group?.groupId]);
    assert.equal(group?.groupName, `masters.${cluster}`);
    assert.deepEqual(
      account.securityGroupRules.map((rule) => [
        rule.isEgress,
        rule.ipProtocol,
        rule.fromPort,
        rule.toPort,
        rule.cidrIpv4,
      ]),
      [
        [false, "tcp", 22, 22, "0.0.0.0/0"],
        [false, "tcp", 443, 443, "0.0.0.0/0"],
        [true, "-1", -1, -1, "0.0.0.0/0"],
      ],
    );
    for (const tags of [eni?.tags, account.instances[0]?.tags]) {
      assert.equal(tags?.["KubernetesCluster"], cluster);
      assert.equal(tags[`kubernetes.io/cluster/${cluster}`], "owned");
      assert.equal(tags["k8s.io/role/control-plane"], "1");
      assert.match(tags["Name"] ?? "", /masters\.k8s\.example\.com$/);
    }
  });

  it("is plain data, and no two accounts share ids", () => {
    const [one, two] = [freshAccount(), freshAccount()];
    assert.deepEqual(JSON.parse(JSON.stringify(one)), one);
    assert.notEqual(one.vpcs[0]?.vpcId, two.vpcs[0]?.vpcId);
  });

  it("without public address and zone", () => {
    const account = seedAccount({
      region: "us-east-1",
      cluster,
      subnetCidr: "10.1.2.0/24",
      instances: [
        {
          instanceId,
          instanceType: "t3.small",
          privateIp: "10.1.2.9",
          macAddress: "02:00:00:00:00:01",
          role: "control-plane",
        },
      ],
      publicIpPool: [],
    });
    assert.deepEqual(account.networkInterfaces[0]?.privateIps, [{ privateIpAddress: "10.1.2.9", primary: true }]);
    assert.equal(account.vpcs[0]?.cidrBlock, "10.1.0.0/16");
    assert.deepEqual(account.hostedZones, []);
  });

  it("workers: a group each of their own, and everything open between nodes but etcd", () => {
    const instance = { instanceType: "t3.small", macAddress: "02:00:00:00:00:01" };
    const account = seedAccount({
      ...{ region: "us-east-1", cluster, subnetCidr: "10.1.2.0/24", publicIpPool: [] },
      instances: [
        { ...instance, instanceId, privateIp: "10.1.2.9", role: "control-plane" },
        { ...instance, instanceId: "i-1", privateIp: "10.1.2.10", role: "node" },
        { ...instance, instanceId: "i-2", privateIp: "10.1.2.11", role: "node" },
      ],
    });
    const [masters, nodes] = account.securityGroups;
    assert.deepEqual([masters?.groupName, nodes?.groupName], [`masters.${cluster}`, `nodes.${cluster}`]);
    assert.deepEqual(
      account.networkInterfaces.map(({ securityGroupIds }) => securityGroupIds),
      [[masters?.groupId], [nodes?.groupId], [nodes?.groupId]],
    );
    const open = (from: string | undefined, to: string | undefined): string[] =>
      account.securityGroupRules
        .filter((rule) => rule.groupId === to && rule.referencedGroupId === from && !rule.isEgress)
        .map(({ ipProtocol, fromPort, toPort }) => `${ipProtocol} ${fromPort}-${toPort}`);
    assert.deepEqual(open(nodes?.groupId, nodes?.groupId), ["-1 -1--1"]);
    assert.deepEqual(open(masters?.groupId, nodes?.groupId), ["-1 -1--1"]);
    assert.deepEqual(open(nodes?.groupId, masters?.groupId), [
      ...["tcp 1-2379", "tcp 2382-4000", "tcp 4003-65535", "udp 1-65535"],
    ]);
    assert.deepEqual(
      account.autoScalingGroups?.map(({ name, tags }) => [name, tags["k8s.io/role/node"]]),
      [
        [`control-plane-us-east-1a.masters.${cluster}`, undefined],
        [`nodes-us-east-1a.${cluster}`, "1"],
      ],
    );
  });
});
