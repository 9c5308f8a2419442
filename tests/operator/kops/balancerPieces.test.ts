import assert from "node:assert/strict";
import { balancerPieces, mergeBalancer, renderBalancerPieces } from "../../../operator/kops/balancerPieces";
import { kopsTypes, readAsKops } from "../../support/account";
import { needsProgram } from "../../support/needs";

const clusterName = "k8s.example.com";
const arn = (name: string): string =>
  `arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/ingress-${name}/0123456789abcdef`;
const attached = (...autoscalingGroups: string[]) =>
  balancerPieces(
    clusterName,
    autoscalingGroups.flatMap((autoscalingGroupName) =>
      ["https-1a2b3c4", "http-5d6e7f8"].map((name) => ({ autoscalingGroupName, lbTargetGroupArn: arn(name) })),
    ),
  );
const pieces = attached(`nodes-a.${clusterName}`, `nodes-b.${clusterName}`);

const group = (
  name: string,
  role: string,
  more = "",
  cluster = clusterName,
): string => `apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  labels:
    kops.k8s.io/cluster: ${cluster}
  name: ${name}
spec:
  image: ubuntu # pinned
  role: ${role}
${more}`;
const ours = ["http-5d6e7f8", "https-1a2b3c4"].map((name) => `  - targetGroupArn: ${arn(name)}\n`).join("");

describe("the balancer's pieces", () => {
  it("are the target groups in each instance group of the nodes", () => {
    assert.deepEqual(pieces, {
      clusterName,
      groups: ["nodes-a", "nodes-b"],
      onControlPlane: false,
      targetGroupArns: [arn("http-5d6e7f8"), arn("https-1a2b3c4")],
    });
    const whole = [group("nodes-a", "Node"), group("master-a", "Master"), group("nodes-c", "Node")].join("---\n");
    const { text, missing, groups } = mergeBalancer(whole, pieces);
    const list = `  externalLoadBalancers:\n${ours}`;
    assert.equal(
      text,
      [group("nodes-a", "Node", list), group("master-a", "Master"), group("nodes-c", "Node", list)].join("---\n"),
      "a group that was added later has them too",
    );
    assert.deepEqual(
      missing,
      ["nodes-a", "nodes-c"].map((name) => `InstanceGroup ${name}: spec.externalLoadBalancers`),
    );
    assert.deepEqual(groups, ["nodes-a", "nodes-c"]);
    assert.deepEqual(mergeBalancer(text, pieces), { text, missing: [], clusters: [], groups }, "once");
  });

  it("stand beside other target groups and balancers, whatever way they are written", () => {
    for (const [before, after] of [
      ["  externalLoadBalancers: []\n", `  externalLoadBalancers:\n${ours}`],
      [
        "  externalLoadBalancers:\n  - loadBalancerName: old # keep\n",
        `  externalLoadBalancers:\n  - loadBalancerName: old # keep\n${ours}`,
      ],
      [
        "  externalLoadBalancers: [{ targetGroupArn: other }]\n",
        `  externalLoadBalancers: [{ targetGroupArn: other }, {"targetGroupArn":"${arn("http-5d6e7f8")}"}, {"targetGroupArn":"${arn("https-1a2b3c4")}"}]\n`,
      ],
      [
        `  externalLoadBalancers:\n  - targetGroupArn: ${arn("https-1a2b3c4")}\n`,
        `  externalLoadBalancers:\n  - targetGroupArn: ${arn("https-1a2b3c4")}\n  - targetGroupArn: ${arn("http-5d6e7f8")}\n`,
      ],
    ])
      assert.equal(mergeBalancer(group("nodes-a", "Node", before), pieces).text, group("nodes-a", "Node", after));
  });

  it("are the control plane's where it runs the applications, and never another cluster's", () => {
    const single = attached(`control-plane-a.masters.${clusterName}`);
    assert.deepEqual(single.groups, ["control-plane-a"]);
    const { missing } = mergeBalancer(
      [
        group("nodes-a", "Node"),
        group("control-plane-a", "ControlPlane"),
        group("x", "Master", "", "other.example.com"),
      ].join("---\n"),
      single,
    );
    assert.deepEqual(missing, ["InstanceGroup control-plane-a: spec.externalLoadBalancers"]);
  });

  it("are read by kOps' own types", async function () {
    needsProgram(this, "go");
    const program = await kopsTypes();
    assert.deepEqual(await readAsKops(program, renderBalancerPieces(pieces)), { status: 0, stdout: "", stderr: "" });
  });
});
