/** Mode load-balancer on a cluster of many nodes, in an account without a data path: what that asks of AWS. */
import assert from "node:assert/strict";
import type { Account } from "../../lab/aws/account";
import { newId } from "../../lab/aws/ids";
import { labCluster } from "../../lab/labAccount";
import type { LoopbackEngine } from "../support/engine";
import { needsEngine } from "../support/needs";

const zones = ["eu-central-1a", "eu-central-1b"];

/** What kOps adds for workers in two zones: groups, nodes, and their security group. */
function addWorkers(account: Account, count: number): void {
  const tags = { KubernetesCluster: labCluster, "k8s.io/role/node": "1" };
  const [subnet] = account.subnets;
  const [controlPlane] = account.instances;
  assert.ok(subnet && controlPlane);
  const already = account.instances.filter((each) => each.tags["k8s.io/role/node"]).length;
  if (already === 0) {
    account.subnets.push({
      ...subnet,
      subnetId: newId("subnet"),
      cidrBlock: "172.20.64.0/19",
      availabilityZone: zones[1] ?? "",
    });
    account.securityGroups.push({
      ...{ groupId: newId("sg"), groupName: `nodes.${labCluster}`, description: "", vpcId: subnet.vpcId },
      tags: { ...tags, Name: `nodes.${labCluster}` },
    });
    for (const [index, zone] of zones.entries())
      account.autoScalingGroups?.push({
        name: `nodes-${zone}.${labCluster}`,
        arn: `arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:${index}:autoScalingGroupName/nodes-${zone}.${labCluster}`,
        subnetIds: account.subnets
          .filter((each) => each.availabilityZone === zone && each.vpcId === subnet.vpcId)
          .map(({ subnetId }) => subnetId),
        targetGroupArns: [],
        tags,
      });
  }
  for (let number = already; number < count; number++)
    account.instances.push({
      ...controlPlane,
      instanceId: `i-0${number.toString(16).padStart(16, "0")}`,
      tags: { ...tags, "aws:autoscaling:groupName": `nodes-${zones[number % 2]}.${labCluster}` },
    });
}

describe("a cluster with many nodes", function () {
  this.timeout(3 * 60_000);
  let engine: LoopbackEngine;
  before(async function () {
    if (process.platform !== "linux") this.skip();
    engine = await needsEngine(this);
  });
  after(() => engine?.stop());

  it("takes as many calls for twenty nodes as for two, each of them a target", async () => {
    await engine.addStack("grown", { mode: "load-balancer" });
    const counts: number[] = [];
    for (const nodes of [2, 20]) {
      addWorkers(engine.endpoint.account, nodes);
      engine.calls.length = 0;
      await engine.pulumi(["up", "--yes", "--skip-preview", "--stack", "grown"]);
      counts.push(engine.calls.length);
      const { loadBalancers = [], autoScalingGroups = [], targetGroups = [] } = engine.endpoint.account;
      assert.equal(loadBalancers[0]?.subnets.length, 2);
      const attached = autoScalingGroups.filter(
        ({ targetGroupArns }) => targetGroupArns.length === targetGroups.length,
      );
      assert.deepEqual(
        attached.map(({ name }) => name).sort(),
        zones.map((zone) => `nodes-${zone}.${labCluster}`),
      );
      const dns = JSON.parse(await engine.pulumi(["stack", "output", "dns", "--json", "--stack", "grown"])) as {
        records: unknown[];
      };
      assert.deepEqual(dns.records, [], "no domain is set");
      await engine.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "grown"]);
      assert.deepEqual(engine.endpoint.account.addresses, []);
    }
    assert.equal(counts[1], counts[0]);
    assert.ok((counts[0] ?? 0) <= 80, `${counts[0]} calls`);
  });
});
