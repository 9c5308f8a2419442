/** Mode load-balancer on a cluster of many nodes, in an account without a data path: what that asks of AWS. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import {
  type Account,
  type AutoScalingGroup,
  labCluster,
  labZoneId,
  newId,
  targetsOf,
  updateTargetGroups,
} from "../support/account";
import { repositoryRoot } from "../support/paths";
import { attempt } from "../support/process";
import { parseOutputs, type StackOutputs } from "../../outputs/stackOutputs";
import type { LoopbackEngine } from "../support/engine";
import { documentedCommands } from "../support/documented";
import { needsEngine } from "../support/needs";

const zones = ["eu-central-1a", "eu-central-1b"];

/** What kOps adds for workers in two zones: groups, nodes, and their security group. It shares its subnets with others. */
function addWorkers(account: Account, count: number): void {
  const tags = { KubernetesCluster: labCluster, "k8s.io/role/node": "1" };
  const [subnet] = account.subnets;
  const [controlPlane] = account.instances;
  assert.ok(subnet && controlPlane);
  const already = account.instances.filter((each) => each.tags["k8s.io/role/node"]).length;
  if (already === 0) {
    account.subnets.push({
      ...structuredClone(subnet),
      subnetId: newId("subnet"),
      cidrBlock: "172.20.64.0/19",
      availabilityZone: zones[1] ?? "",
    });
    for (const { tags: present } of account.subnets.filter(
      ({ tags: each }) => each["KubernetesCluster"] === labCluster,
    )) {
      delete present["KubernetesCluster"];
      present[`kubernetes.io/cluster/${labCluster}`] = "shared";
    }
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
  let engine: LoopbackEngine;
  before(async function () {
    if (process.platform !== "linux") this.skip();
    engine = await needsEngine(this);
  });
  after(() => engine?.stop());

  const outputs = async (): Promise<StackOutputs> =>
    parseOutputs(await engine.pulumi(["stack", "output", "--json", "--stack", "grown"]));

  it("takes as many calls for twenty nodes as for two, each of them a target", async () => {
    await engine.addStack("grown", { mode: "load-balancer", appDomains: ["app.example.com"] });
    const counts: number[] = [];
    for (const nodes of [2, 20]) {
      addWorkers(engine.endpoint.account, nodes);
      engine.calls.length = 0;
      await engine.pulumi(["up", "--yes", "--skip-preview", "--stack", "grown"]);
      counts.push(engine.calls.length);
      const { loadBalancers = [], targetGroups = [], addresses } = engine.endpoint.account;
      assert.equal(loadBalancers[0]?.subnets.length, 2);
      assert.equal(targetGroups.length, 2);
      for (const { arn } of targetGroups)
        assert.equal(targetsOf(engine.endpoint.account, arn).length, nodes, "each node a target");
      const { dns } = await outputs();
      assert.deepEqual(
        dns.records.map(({ name, values }) => [name, values]),
        [["app.example.com.", addresses.map(({ publicIp }) => publicIp).sort()]],
      );
      await engine.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "grown"]);
      assert.deepEqual(engine.endpoint.account.addresses, []);
    }
    assert.equal(counts[1], counts[0]);
    assert.ok((counts[0] ?? 0) <= 80, `${counts[0]} calls`);
  });

  it("gets a zone in place and loses one with a gap, and its first address stays where it is", async () => {
    const { account } = engine.endpoint;
    const up = async (): Promise<string> => {
      await engine.pulumi(["up", "--yes", "--skip-preview", "--stack", "grown"]);
      return account.loadBalancers?.map(({ arn, subnets }) => `${arn} ${subnets.length}`).join() ?? "";
    };
    const groupIn = (zone = ""): AutoScalingGroup => {
      const found = account.autoScalingGroups?.find(({ name }) => name === `nodes-${zone}.${labCluster}`);
      assert.ok(found);
      return found;
    };
    const inFirstZone = groupIn(zones[0]).subnetIds;
    const leaveFirstZone = (): void => {
      groupIn(zones[0]).subnetIds = groupIn(zones[1]).subnetIds;
    };
    await engine.pulumi(["config", "set", "--stack", "grown", "kops-secondary-ingress:keepAddress", "true"]);

    leaveFirstZone();
    const one = await up();
    const { ingressPublicIp, allocationId } = await outputs();
    const subnetOf = (): string | undefined =>
      account.loadBalancers?.[0]?.subnets.find((each) => each.allocationId === allocationId)?.subnetId;
    const subnet = subnetOf();

    groupIn(zones[0]).subnetIds = inFirstZone;
    const two = await up();
    assert.equal(two, one.replace(/1$/, "2"), "the same balancer");
    assert.deepEqual([(await outputs()).ingressPublicIp, subnetOf()], [ingressPublicIp, subnet]);
    assert.equal((await outputs()).dns.records[0]?.values.length, 2);

    leaveFirstZone();
    const replaced = await up();
    assert.match(replaced, / 1$/);
    assert.notEqual(replaced, one);
    assert.deepEqual([(await outputs()).ingressPublicIp, subnetOf()], [ingressPublicIp, subnet]);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes", "--refresh", "--stack", "grown"]);
    await engine.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "grown"]);
    assert.deepEqual([account.addresses, account.loadBalancers], [[], []]);
  });

  it("survives kOps, which detaches target groups that its manifests do not name", async () => {
    const { account } = engine.endpoint;
    addWorkers(account, 20);
    await engine.addStack("kept", { mode: "load-balancer" });
    const file = join(engine.project, "kops.yaml");
    const group = (name: string, role: string): object => ({
      ...{ apiVersion: "kops.k8s.io/v1alpha2", kind: "InstanceGroup" },
      ...{ metadata: { labels: { "kops.k8s.io/cluster": labCluster }, name }, spec: { role } },
    });
    const groups = [
      ...zones.map((zone) => group(`nodes-${zone}`, "Node")),
      group("control-plane-eu-central-1a", "Master"),
    ];
    await writeFile(file, groups.map((each) => stringify(each)).join("---\n"));
    const kops = (...args: string[]) =>
      attempt(process.execPath, [join(repositoryRoot, "operator/cli/main.cjs"), "kops", "--stack", "kept", ...args], {
        cwd: engine.project,
        env: engine.operatorEnv,
      });
    const update = async (): Promise<number[]> => {
      updateTargetGroups(account, labCluster, await readFile(file, "utf8"));
      return (account.targetGroups ?? []).map(({ arn }) => targetsOf(account, arn).length);
    };
    await engine.pulumi(["up", "--yes", "--skip-preview", "--stack", "kept"]);

    const missing = zones.map((zone) => `${file}: InstanceGroup nodes-${zone}: spec.externalLoadBalancers\n`).join("");
    assert.deepEqual(await kops("--check", file), { status: 1, stdout: missing, stderr: "" });
    assert.deepEqual(await update(), [0, 0], "kOps has taken all nodes away");
    await engine.pulumi(["up", "--refresh", "--yes", "--skip-preview", "--stack", "kept"]);
    assert.deepEqual(
      (account.targetGroups ?? []).map(({ arn }) => targetsOf(account, arn).length),
      [20, 20],
    );

    const { status, stderr } = await kops("--patch", file);
    assert.equal(status, 0, stderr);
    assert.deepEqual((await kops("--check", file)).status, 0);
    assert.deepEqual(await update(), [20, 20]);
    await engine.pulumi(["up", "--refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "kept"]);
    await engine.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "kept"]);
  });

  it("leaves its records in the zone by the documented commands", async () => {
    const { account } = engine.endpoint;
    await engine.addStack("zoned", {
      ...{ mode: "load-balancer", route53ZoneId: labZoneId, appDomains: ["app.example.com"] },
    });
    await engine.pulumi(["up", "--yes", "--skip-preview", "--stack", "zoned"]);
    const published = () => account.hostedZones[0]?.records.find(({ name }) => name === "app.example.com.");
    const record = published();
    assert.ok(record);
    const commands = documentedCommands("docs/load-balancer.md", "pulumi state delete", { prod: "zoned" });
    const { status, stderr } = await attempt("sh", ["-ec", commands.join("\n")], {
      cwd: engine.project,
      env: engine.operatorEnv,
    });
    assert.equal(status, 0, stderr);
    const printed = await engine.pulumi(["up", "--yes", "--skip-preview", "--stack", "zoned"]);
    assert.match(printed, /ingress-records deleted/);
    assert.match(printed, /Resources:\n +- 1 deleted\n +\d+ unchanged\n/, "it does nothing else");
    assert.deepEqual(published(), record);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "zoned"]);
    await engine.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "zoned"]);
    assert.deepEqual(published(), record);
  });
});
