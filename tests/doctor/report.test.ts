import assert from "node:assert/strict";
import { isUnknown } from "../../doctor/check";
import { checks } from "../../doctor/checks";
import { judge } from "../../doctor/report";
import { healthy, healthyNode } from "./facts";

const everything = { only: [], ignore: [] };
const codes = (all: readonly { code: string }[]): string[] => all.map(({ code }) => code);

describe("doctor's report", () => {
  it("on a healthy node has every check as good", () => {
    const report = judge(healthy(), everything);
    assert.deepEqual(report.findings, []);
    assert.deepEqual(report.skipped, []);
    assert.deepEqual(codes(report.good).sort(), codes(checks).sort());
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
