import assert from "node:assert/strict";
import { askDetached } from "../../../../operator/doctor/collect/targets";
import { type AutoScalingGroup, labCluster } from "../../../support/account";
import { onEndpoint } from "../../../support/endpoint";

describe("doctor's look at what a balancer does not lead to", () => {
  const endpoint = onEndpoint();
  const arns = ["arn:https", "arn:http"];
  const group = (name: string, role: string, targetGroupArns: string[] = []): AutoScalingGroup => ({
    name,
    arn: `arn:${name}`,
    subnetIds: [],
    targetGroupArns,
    tags: { KubernetesCluster: labCluster, [`k8s.io/role/${role}`]: "1" },
  });
  const detached = (...groups: AutoScalingGroup[]): Promise<string[]> => {
    endpoint().endpoint.account.autoScalingGroups = groups;
    return askDetached({}, labCluster, arns, AbortSignal.timeout(5000));
  };

  it("names workers that are not attached to each of the target groups", async () => {
    const found = await detached(
      group("spot", "node"),
      group("half", "node", ["arn:https"]),
      group("nodes", "node", [...arns, "arn:somebody's"]),
      group("control-plane", "control-plane"),
    );
    assert.deepEqual(found, ["half", "spot"]);
  });

  it("without workers names control planes, and no group of another role or cluster", async () => {
    const other = { ...group("other", "node"), tags: { KubernetesCluster: "other.example.com" } };
    assert.deepEqual(await detached(group("master", "master"), group("bastion", "bastion"), other), ["master"]);
    assert.deepEqual(await detached(group("master", "master", arns), group("bastion", "bastion")), []);
  });
});
