import assert from "node:assert/strict";
import { askAws } from "../../../../operator/doctor/collect/aws";
import { node } from "../../../support/account";
import { outputs } from "../../../dns/support";
import { onEndpoint } from "../../../support/endpoint";
import { isUnknown } from "../../../../operator/doctor/unknown";

describe("doctor's look at AWS", () => {
  const { instanceId, autoPublicIp, primaryPrivateIp } = node;
  const endpoint = onEndpoint();
  const look = (change: object = {}) =>
    askAws({}, outputs({ instanceId, apiPublicIp: autoPublicIp, networkInterfaceId: eni(), ...change }), "p/prod");
  const eni = (): string => endpoint().endpoint.account.networkInterfaces[0]?.networkInterfaceId ?? "";

  it("has every part", async () => {
    const facts = await look();
    for (const [part, value] of Object.entries(facts)) assert.ok(!isUnknown(value), part);
    assert.equal(facts.instanceState, "running");
    assert.deepEqual(facts.networkInterface, {
      attachedTo: instanceId,
      privateIps: [primaryPrivateIp],
      publicIp: autoPublicIp,
      elastic: false,
    });
  });

  for (const [action, times, parts] of [
    ["DescribeAddresses", 1, ["elasticIps"]],
    ["DescribeInstances", 2, ["instanceState", "controlPlane"]],
    ["DescribeSecurityGroups", 1, ["apiBalancer"]],
    ["DescribeSecurityGroupRules", 1, ["reachedBy"]],
    ["DescribeNetworkInterfaces", 1, ["networkInterface", "reachedBy", "route"]],
    ["DescribeRouteTables", 1, ["route"]],
  ] as const)
    it(`loses to a denied ${action} what it answers, and nothing else`, async () => {
      endpoint().faults.push({ action, kind: "unauthorized", times });
      const facts = await look();
      const unknown = Object.entries(facts).filter(([, value]) => isUnknown(value));
      assert.deepEqual(unknown.map(([part]) => part).sort(), [...parts].sort());
      for (const [, value] of unknown) assert.match((value as { because: string }).because, /UnauthorizedOperation/);
    });

  it("finds kOps' load balancer in front of the API by the group that it has, and none by one that is left over", async () => {
    const { account } = endpoint().endpoint;
    const [eni] = account.networkInterfaces;
    assert.ok(eni);
    const group = (groupId: string, cluster: string) => ({
      ...{ groupId, groupName: `api-elb.${cluster}`, description: "", vpcId: eni.vpcId },
      tags: { KubernetesCluster: cluster, Name: `api-elb.${cluster}` },
    });
    const balancer = (number: number, securityGroupIds: string[], autoPublicIp?: string) => ({
      ...{ networkInterfaceId: `eni-${number}`, subnetId: eni.subnetId, vpcId: eni.vpcId, macAddress: "" },
      ...{ description: "ELB net/api-k8s-example-com-0a1b2c/0", securityGroupIds, tags: {} },
      privateIps: [{ privateIpAddress: `172.20.60.${number}`, primary: true, ...(autoPublicIp && { autoPublicIp }) }],
    });
    account.securityGroups.push(group("sg-api", "k8s.example.com"), group("sg-others", "other.example.com"));
    account.networkInterfaces.push(balancer(1, ["sg-others"], "203.0.113.50"));
    assert.equal((await look()).apiBalancer, undefined);
    account.networkInterfaces.push(balancer(2, ["sg-api"]));
    assert.deepEqual((await look()).apiBalancer, { publicIps: [] });
    account.networkInterfaces.push(balancer(3, ["sg-api"], "203.0.113.52"), balancer(4, ["sg-api"], "203.0.113.51"));
    assert.deepEqual((await look()).apiBalancer, { publicIps: ["203.0.113.51", "203.0.113.52"] });
  });

  it("tells what is not there from what cannot be seen", async () => {
    const facts = await look({ instanceId: "i-0123456789abcdef0", networkInterfaceId: "eni-0123456789abcdef0" });
    assert.equal(facts.instanceState, "");
    assert.equal(facts.networkInterface, undefined);
  });
});
