import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import type { Account } from "../../../lab/aws/account";
import { reachableAddresses, renderDataPlane } from "../../../lab/network/dataPlane";
import { needsProgram, needsRoot } from "../../support/needs";

const eni = "eni-1";

function account(change: Partial<Account> = {}): Account {
  return {
    accountId: "123456789012",
    region: "eu-central-1",
    vpcs: [],
    subnets: [],
    instances: [
      {
        instanceId: "i-1",
        instanceType: "t3.medium",
        state: "running",
        launchTime: "",
        subnetId: "",
        vpcId: "",
        tags: {},
      },
    ],
    networkInterfaces: [
      {
        networkInterfaceId: eni,
        subnetId: "",
        vpcId: "",
        macAddress: "",
        description: "",
        attachment: { attachmentId: "", instanceId: "i-1", deviceIndex: 0 },
        privateIps: [
          { privateIpAddress: "172.20.45.37", primary: true, autoPublicIp: "198.51.100.37" },
          { privateIpAddress: "172.20.45.38", primary: false },
        ],
        securityGroupIds: ["sg-1"],
        tags: {},
      },
    ],
    addresses: [
      {
        allocationId: "eipalloc-1",
        publicIp: "203.0.113.10",
        networkBorderGroup: "",
        publicIpv4Pool: "",
        association: { associationId: "", networkInterfaceId: eni, privateIpAddress: "172.20.45.38" },
        tags: {},
      },
      { allocationId: "eipalloc-2", publicIp: "203.0.113.11", networkBorderGroup: "", publicIpv4Pool: "", tags: {} },
    ],
    securityGroups: [],
    securityGroupRules: [
      // prettier-ignore
      { securityGroupRuleId: "", groupId: "sg-1", isEgress: false, ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIpv4: "192.0.2.0/24", tags: {} },
      // prettier-ignore
      { securityGroupRuleId: "", groupId: "sg-2", isEgress: false, ipProtocol: "tcp", fromPort: 80, toPort: 80, cidrIpv4: "0.0.0.0/0", tags: {} },
      // prettier-ignore
      { securityGroupRuleId: "", groupId: "sg-1", isEgress: true, ipProtocol: "-1", fromPort: -1, toPort: -1, cidrIpv4: "0.0.0.0/0", tags: {} },
    ],
    hostedZones: [],
    publicIpPool: [],
    ...change,
  };
}

/** The example with a balancer in front of its instance. */
function balanced(change: Partial<Account> = {}): Account {
  const before = account();
  const rule = { securityGroupRuleId: "", ipProtocol: "tcp", tags: {} };
  const arn = "balancer";
  return {
    ...before,
    instances: before.instances.map((instance) => ({ ...instance, tags: { "aws:autoscaling:groupName": "nodes" } })),
    addresses: before.addresses.map((address) =>
      address.allocationId === "eipalloc-2"
        ? {
            ...address,
            association: { associationId: "", networkInterfaceId: "eni-lb", privateIpAddress: "172.20.32.9" },
          }
        : address,
    ),
    loadBalancers: [
      {
        ...{ arn, name: "", scheme: "internet-facing", state: "active", createdTime: "", vpcId: "" },
        subnets: [{ subnetId: "", networkInterfaceId: "eni-lb", allocationId: "eipalloc-2" }],
        ...{ securityGroupIds: ["sg-lb"], attributes: {}, tags: {} },
      },
    ],
    targetGroups: [
      {
        ...{ arn: "targets", name: "", protocol: "TCP", port: 30443, vpcId: "", attributes: {}, tags: {} },
        healthCheck: {
          protocol: "TCP",
          port: "traffic-port",
          interval: 10,
          timeout: 5,
          healthyThreshold: 2,
          unhealthyThreshold: 2,
        },
      },
    ],
    listeners: [
      {
        arn: "",
        loadBalancerArn: arn,
        protocol: "TCP",
        port: 443,
        targetGroupArn: "targets",
        attributes: {},
        tags: {},
      },
    ],
    autoScalingGroups: [{ name: "nodes", arn: "", subnetIds: [], targetGroupArns: ["targets"], tags: {} }],
    securityGroupRules: [
      ...before.securityGroupRules,
      { ...rule, groupId: "sg-lb", isEgress: false, fromPort: 443, toPort: 443, cidrIpv4: "198.18.0.0/15" },
      { ...rule, groupId: "sg-lb", isEgress: true, fromPort: 30443, toPort: 30443, referencedGroupId: "sg-1" },
      { ...rule, groupId: "sg-1", isEgress: false, fromPort: 30443, toPort: 30443, referencedGroupId: "sg-lb" },
    ],
    ...change,
  };
}

describe("data plane", () => {
  it("translates an associated Elastic IP and the address given at launch, both ways", () => {
    const text = renderDataPlane(account());
    assert.match(text, /ip daddr 203\.0\.113\.10 dnat to 172\.20\.45\.38/);
    assert.match(text, /ip saddr 172\.20\.45\.38 oifname "wan" snat to 203\.0\.113\.10/);
    assert.match(text, /ip daddr 198\.51\.100\.37 dnat to 172\.20\.45\.37/);
  });

  it("knows nothing of an Elastic IP that is not associated", () => {
    assert.doesNotMatch(renderDataPlane(account()), /203\.0\.113\.11/);
  });

  it("lets in what a group of the ENI allows, and nothing of a group that is not attached", () => {
    const text = renderDataPlane(account());
    assert.match(text, /ip saddr \{ 192\.0\.2\.0\/24 \} tcp dport 443 return/);
    assert.doesNotMatch(text, /dport 80/);
  });

  it("judges a call between two of our public addresses by the public one of its source", () => {
    const allowing = (cidrIpv4: string): string => {
      const [rule, ...others] = account().securityGroupRules;
      assert.ok(rule);
      return renderDataPlane(account({ securityGroupRules: [{ ...rule, cidrIpv4 }, ...others] }));
    };
    const own = /ip saddr 172\.20\.45\.37 tcp dport 443 accept/;
    assert.match(allowing("198.51.100.37/32"), own);
    assert.match(allowing("0.0.0.0/0"), own);
    assert.doesNotMatch(allowing("192.0.2.0/24"), own);
    assert.doesNotMatch(allowing("172.20.0.0/16"), own);
  });

  it("delivers to private addresses of running instances only", () => {
    assert.deepEqual(reachableAddresses(account()), ["172.20.45.37", "172.20.45.38"]);
    const [instance] = account().instances;
    assert.ok(instance);
    assert.deepEqual(reachableAddresses(account({ instances: [{ ...instance, state: "stopped" }] })), []);
  });

  describe("with a balancer", () => {
    const way =
      /ip saddr 198\.18\.0\.0\/15 ip daddr 203\.0\.113\.11 tcp dport 443 ct mark set 1 dnat ip addr \. port to numgen inc mod 1 map \{ 0 : 172\.20\.45\.37 \. 30443 \}/;

    it("leads whom its group lets in to the attached group's instances, and their group knows them by it", () => {
      const text = renderDataPlane(balanced());
      assert.match(text, way);
      assert.match(text, /ct mark \{ 1 \} tcp dport 30443 return/);
      assert.doesNotMatch(text, /203\.0\.113\.11 dnat to 172\.20\.32\.9/, "its address is not the interface's own");
    });

    it("lets its own address be asked from, and ask the nodes' port", () => {
      const own = {
        ...{ networkInterfaceId: "eni-lb", subnetId: "", vpcId: "", macAddress: "", description: "", tags: {} },
        ...{ privateIps: [{ privateIpAddress: "172.20.32.9", primary: true }], securityGroupIds: ["sg-lb"] },
      };
      const state = balanced({ networkInterfaces: [...account().networkInterfaces, own] });
      assert.ok(reachableAddresses(state).includes("172.20.32.9"));
      const text = renderDataPlane(state);
      assert.match(text, /iifname "lan" ip saddr \{ 172\.20\.32\.9 \} jump eni_1_out/);
      assert.match(text, /ip daddr \{ 172\.20\.45\.37, 172\.20\.45\.38 \} tcp dport 30443 return/);
      assert.match(text, /ip saddr \{ 172\.20\.32\.9 \} tcp dport 30443 return/);
      const open = renderDataPlane({ ...state, networkInterfaces: [{ ...own, securityGroupIds: [] }] });
      assert.doesNotMatch(open, /counter drop/, "without groups it is open");
    });

    it("leads there from the address that AWS has assigned to it, too, as to kOps' own", () => {
      const elastic = balanced();
      const own = {
        ...{ networkInterfaceId: "eni-lb", subnetId: "", vpcId: "", macAddress: "", description: "", tags: {} },
        privateIps: [{ privateIpAddress: "172.20.32.9", primary: true, autoPublicIp: "203.0.113.11" }],
        securityGroupIds: ["sg-lb"],
      };
      const text = renderDataPlane({
        ...elastic,
        addresses: [],
        networkInterfaces: [...elastic.networkInterfaces, own],
        loadBalancers: (elastic.loadBalancers ?? []).map((each) => ({
          ...each,
          subnets: [{ subnetId: "", networkInterfaceId: "eni-lb" }],
        })),
      });
      assert.match(text, way);
      assert.doesNotMatch(text, /203\.0\.113\.11 dnat to 172\.20\.32\.9/);
    });

    it("leads nowhere without a rule to the nodes, without a listener, a target, or one that runs", () => {
      const { securityGroupRules, autoScalingGroups = [], instances } = balanced();
      for (const change of [
        { securityGroupRules: securityGroupRules.filter(({ groupId, isEgress }) => groupId !== "sg-lb" || !isEgress) },
        { securityGroupRules: securityGroupRules.filter(({ groupId, isEgress }) => groupId !== "sg-lb" || isEgress) },
        { listeners: [] },
        { autoScalingGroups: autoScalingGroups.map((group) => ({ ...group, targetGroupArns: [] })) },
        { instances: instances.map((instance) => ({ ...instance, state: "stopped" as const })) },
      ])
        assert.doesNotMatch(renderDataPlane(balanced(change)), /203\.0\.113\.11/, JSON.stringify(change));
    });
  });

  for (const [name, state] of Object.entries({
    "a balancer": balanced(),
    "the example": account(),
    "an empty account": account({ instances: [], networkInterfaces: [], addresses: [], securityGroupRules: [] }),
  })) {
    it(`is accepted by nft: ${name}`, function () {
      needsRoot(this);
      needsProgram(this, "nft");
      const { status, stderr } = spawnSync("unshare", ["-n", "nft", "-c", "-f", "-"], {
        input: renderDataPlane(state),
        encoding: "utf8",
      });
      assert.equal(status, 0, stderr);
    });
  }
});
