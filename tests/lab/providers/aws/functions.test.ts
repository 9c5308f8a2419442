import assert from "node:assert/strict";
import { quotas } from "../../../../components/aws/quotas";
import { autoPublicIp, cluster, instanceId, primaryIp } from "../../aws/harness";
import { failureOf } from "../plugin";
import { useCloud } from "./cloud";

const functions = {
  instances: "aws:ec2/getInstances:getInstances",
  eni: "aws:ec2/getNetworkInterface:getNetworkInterface",
  enis: "aws:ec2/getNetworkInterfaces:getNetworkInterfaces",
  groups: "aws:ec2/getSecurityGroups:getSecurityGroups",
  subnet: "aws:ec2/getSubnet:getSubnet",
  quota: "aws:servicequotas/getServiceQuota:getServiceQuota",
  zone: "aws:route53/getZone:getZone",
} as const;

describe("lab plugin aws: functions", () => {
  const cloud = useCloud();

  it("finds running instances by tags and filters, with one call", async () => {
    const args = {
      instanceTags: { KubernetesCluster: cluster },
      filters: [{ name: "tag-key", values: ["k8s.io/role/control-plane"] }],
    };
    const found = await cloud.plugin.invoke(functions.instances, args);
    assert.deepEqual(cloud.calls(), ["DescribeInstances"]);
    assert.deepEqual(
      [found["ids"], found["privateIps"], found["publicIps"]],
      [[instanceId], [primaryIp], [autoPublicIp]],
    );
    assert.deepEqual(cloud.parametersOf("DescribeInstances")["Filter.1.Value.1"], "running");
    const none = await cloud.plugin.invoke(functions.instances, { ...args, instanceStateNames: ["stopped"] });
    assert.deepEqual([none["ids"], none["instanceStateNames"]], [[], ["stopped"]]);
  });

  it("finds one network interface, and says when it is none or more", async () => {
    const byInstance = [{ name: "attachment.instance-id", values: [instanceId] }];
    const eni = await cloud.plugin.invoke(functions.eni, { filters: byInstance });
    assert.deepEqual(cloud.calls(), ["DescribeNetworkInterfaces"]);
    assert.equal(eni["id"], cloud.eniId);
    assert.deepEqual([eni["privateIp"], eni["vpcId"]], [primaryIp, cloud.vpcId]);
    assert.equal((eni["associations"] as { publicIp: string }[])[0]?.publicIp, autoPublicIp);
    assert.equal((eni["attachments"] as { instanceId: string }[])[0]?.instanceId, instanceId);
    assert.equal((await cloud.plugin.invoke(functions.eni, { id: cloud.eniId }))["id"], cloud.eniId);
    const nobody = { filters: [{ name: "attachment.instance-id", values: ["i-0"] }] };
    assert.equal(
      (await failureOf(cloud.plugin.invoke(functions.eni, nobody))).details,
      "no matching EC2 Network Interface found",
    );
    const [first] = cloud.account.networkInterfaces;
    assert(first);
    cloud.account.networkInterfaces.push({ ...structuredClone(first), networkInterfaceId: "eni-1" });
    assert.match(
      (await failureOf(cloud.plugin.invoke(functions.eni, {}))).details,
      /^multiple EC2 Network Interfaces matched/,
    );
    cloud.account.networkInterfaces.pop();
  });

  it("finds security groups by tags, and the interfaces of a group: none where there is none", async () => {
    const named = (name: string) => ({ filters: [{ name: "tag:Name", values: [name] }] });
    const { ids } = await cloud.plugin.invoke(functions.groups, named(`masters.${cluster}`));
    assert.deepEqual(ids, [cloud.account.securityGroups[0]?.groupId]);
    const using = (values: unknown) => ({ filters: [{ name: "group-id", values }] });
    assert.deepEqual((await cloud.plugin.invoke(functions.enis, using(ids)))["ids"], [cloud.eniId]);
    assert.deepEqual((await cloud.plugin.invoke(functions.groups, named("api-elb.nowhere")))["ids"], []);
    assert.deepEqual((await cloud.plugin.invoke(functions.enis, using(["sg-0"])))["ids"], []);
    const both = ["DescribeSecurityGroups", "DescribeNetworkInterfaces"];
    assert.deepEqual(cloud.calls(), [...both, ...both]);
  });

  it("reads a hosted zone by its id, with its tags, and says when there is none", async () => {
    const [zone] = cloud.account.hostedZones;
    assert(zone);
    zone.tags = { team: "dns" };
    const found = await cloud.plugin.invoke(functions.zone, { zoneId: zone.zoneId });
    assert.deepEqual(cloud.calls(), ["GetHostedZone", "ListTagsForResource"]);
    assert.deepEqual(
      [found["id"], found["name"], found["privateZone"], found["tags"]],
      [zone.zoneId, zone.name.replace(/\.$/, ""), false, { team: "dns" }],
    );
    assert.match((await failureOf(cloud.plugin.invoke(functions.zone, { zoneId: "Z0" }))).details, /Z0/);
  });

  it("knows the quota of rules, which its EC2 keeps to, and says which it does not know", async () => {
    const { serviceCode, quotaCode } = quotas.rules;
    const found = await cloud.plugin.invoke(functions.quota, { serviceCode, quotaCode });
    assert.deepEqual([found["value"], found["defaultValue"]], [quotas.rules.standard, quotas.rules.standard]);
    for (const other of [
      { serviceCode, quotaCode: "L-0" },
      { serviceCode: "ec2", quotaCode },
    ])
      assert.match(
        (await failureOf(cloud.plugin.invoke(functions.quota, other))).details,
        /does not know the quota .*--plugins official/,
      );
  });

  it("reads a subnet with its tags", async () => {
    const id = cloud.account.subnets[0]?.subnetId;
    const subnet = await cloud.plugin.invoke(functions.subnet, { id });
    assert.deepEqual(cloud.calls(), ["DescribeSubnets", "DescribeTags"]);
    assert.deepEqual([subnet["id"], subnet["cidrBlock"], subnet["vpcId"]], [id, "172.20.32.0/19", cloud.vpcId]);
    assert.deepEqual(subnet["tags"], cloud.account.subnets[0]?.tags);
  });
});
