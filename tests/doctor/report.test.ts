import assert from "node:assert/strict";
import { isUnknown } from "../../doctor/check";
import { checks } from "../../doctor/checks";
import type { Target } from "../../doctor/collect/targets";
import { judge } from "../../doctor/report";
import { IngressMode } from "../../settings";
import { healthy, healthyNode } from "./facts";

const everything = { only: [], ignore: [] };
const codes = (all: readonly { code: string }[]): string[] => all.map(({ code }) => code);

describe("doctor's report", () => {
  it("on a healthy node has every check as good", () => {
    const report = judge(healthy(), everything);
    assert.deepEqual(report.findings, []);
    assert.deepEqual(report.skipped, []);
    const ours = checks.filter(({ modes }) => modes.includes(IngressMode.DualIp));
    assert.deepEqual(codes(report.good).sort(), codes(ours).sort());
  });

  it("names the cause, and does not look at what it explains", () => {
    const facts = healthy({
      node: { ...healthyNode, haproxy: { active: false, enabled: true }, httpsListener: [], httpListener: [] },
      reach: {
        ...healthy().reach,
        ingress: [{ name: "", answer: { error: "ECONNREFUSED", names: [], distrust: "", daysLeft: 0 } }],
        http: { status: 0, error: "ECONNREFUSED" },
      },
    });
    const { findings, skipped } = judge(facts, everything);
    assert.deepEqual(codes(findings), ["HAPROXY_STOPPED"]);
    assert.ok(skipped.every(({ because }) => because === "HAPROXY_STOPPED explains it"));
    assert.ok(codes(skipped).includes("INGRESS_UNREACHABLE"));
  });

  it("puts errors before warnings", () => {
    const node = { ...healthyNode, nat: { active: true, enabled: false }, guard: { active: false, enabled: true } };
    assert.deepEqual(codes(judge(healthy({ node }), everything).findings), ["GUARD_STOPPED", "NAT_NOT_AT_BOOT"]);
  });

  it("says why something was not looked at, once for all that hangs on it", () => {
    const aws = { because: "AWS does not answer" };
    const { findings, skipped, good } = judge(healthy({ aws }), everything);
    assert.deepEqual(findings, []);
    assert.ok(skipped.length >= 9 && skipped.every(({ because }) => because === aws.because));
    assert.ok(good.length > 20);
  });

  it("finds by the login alone why nothing of the node is known", () => {
    for (const [reason, code] of [
      ["unreachable", "SSH_UNREACHABLE"],
      ["host key", "HOST_KEY_DIFFERS"],
      ["no login", "SSH_REFUSED"],
      ["sudo", "NO_SUDO"],
    ] as const)
      assert.deepEqual(codes(judge(healthy({ node: { because: "so", reason } }), everything).findings), [code]);
  });

  it("in mode node-port asks nothing of the node, and only what belongs to it", () => {
    const facts = healthy();
    const outputs = { ...facts.outputs, mode: "node-port", dns: { ...facts.outputs.dns, records: [] } };
    const { findings, good } = judge({ ...facts, outputs, node: { because: "no node" } }, everything);
    assert.deepEqual(findings, []);
    assert.ok(good.every(({ code }) => !code.startsWith("HAPROXY")));
    assert.ok(codes(good).includes("INGRESS_UNREACHABLE"));
  });

  describe("in mode load-balancer", () => {
    const behind = (targets: Target[] | undefined) => {
      const facts = healthy();
      assert.ok(!isUnknown(facts.aws));
      const outputs = { ...facts.outputs, mode: "load-balancer" };
      return judge(
        { ...facts, outputs, aws: { ...facts.aws, targets }, node: { because: "nothing on the node" } },
        everything,
      );
    };
    const target = (instanceId: string, state: string, reason = ""): Target => ({
      ...{ instanceId, port: 30443, state, reason },
    });

    it("is content with nodes that are well, or come and go", () => {
      const { findings, good } = behind([
        target("i-1", "healthy"),
        target("i-2", "initial"),
        target("i-3", "draining"),
      ]);
      assert.deepEqual(findings, []);
      for (const code of ["BALANCER_GONE", "NO_TARGET_HEALTHY", "TARGETS_UNHEALTHY"])
        assert.ok(codes(good).includes(code));
    });

    it("names the nodes that are left out, and why", () => {
      const [finding, ...others] = behind([
        target("i-1", "healthy"),
        target("i-2", "unhealthy", "Target.FailedHealthChecks"),
      ]).findings;
      assert.deepEqual([finding?.code, finding?.severity, others], ["TARGETS_UNHEALTHY", "warning", []]);
      assert.equal(finding?.observed, "1 of 2: i-2:30443 is unhealthy (Target.FailedHealthChecks)");
    });

    it("names a port for which there is no node, as the cause of what clients get", () => {
      const ill = target("i-1", "unhealthy", "Target.FailedHealthChecks");
      for (const targets of [[], [ill], [ill, { ...target("i-1", "healthy"), port: 30080 }]]) {
        const { findings, skipped } = behind(targets);
        assert.deepEqual(codes(findings), ["NO_TARGET_HEALTHY"]);
        assert.ok(codes(skipped).includes("INGRESS_UNREACHABLE"));
      }
      assert.equal(behind([]).findings[0]?.observed, "no node behind the load balancer");
    });

    it("misses the balancer, which explains what is behind it", () => {
      const { findings, skipped } = behind(undefined);
      assert.deepEqual(codes(findings), ["BALANCER_GONE"]);
      for (const code of ["TARGETS_UNHEALTHY", "INGRESS_UNREACHABLE"]) assert.ok(codes(skipped).includes(code));
    });
  });

  it("looks at what is chosen, and what is ignored explains nothing", () => {
    const node = { ...healthyNode, haproxy: { active: false, enabled: true }, httpListener: [] };
    assert.deepEqual(codes(judge(healthy({ node }), { only: ["haproxy"], ignore: [] }).findings), ["HAPROXY_STOPPED"]);
    assert.deepEqual(codes(judge(healthy({ node }), { only: ["HTTP_LISTENER_MISSING"], ignore: [] }).findings), [
      "HTTP_LISTENER_MISSING",
    ]);
    assert.deepEqual(codes(judge(healthy({ node }), { only: [], ignore: ["HAPROXY_STOPPED"] }).findings), [
      "HTTP_LISTENER_MISSING",
    ]);
  });

  it("prints fixes that lead to this stack and Region", () => {
    const aws = { ...healthy().aws, instanceState: "stopped" };
    const [stopped] = judge(healthy({ aws: aws as never }), everything).findings;
    assert.match(stopped?.fix ?? "", /^aws --region eu-central-1 ec2 start-instances --instance-ids i-/);
    const gone = { ...healthy().aws, elasticIp: undefined };
    assert.ok(!isUnknown(gone));
    const [finding] = judge(healthy({ aws: gone as never }), everything).findings;
    assert.equal(finding?.fix, "pulumi up --refresh --yes --stack prod");
  });
});
