import assert from "node:assert/strict";
import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";
import * as fc from "fast-check";
import { ChangeCollector, previewOf } from "../../automation/changes";

const eip = "aws:ec2/eip:Eip";
const association = "aws:ec2/eipAssociation:EipAssociation";
const secondary = "pulumi-nodejs:dynamic/kops-secondary-ingress:SecondaryPrivateIp";
const existing = "pulumi-nodejs:dynamic/kops-secondary-ingress:ExistingElasticIp";
const attachment = "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment";
const balancer = "aws:lb/loadBalancer:LoadBalancer";

const step = (op: OpType, type: string, name: string, diffs: string[] = [], isThere = true): EngineEvent => ({
  sequence: 0,
  timestamp: 0,
  resOutputsEvent: {
    metadata: {
      op,
      urn: `urn:pulumi:prod::kops-secondary-ingress::c$${type}::${name}`,
      type,
      provider: "",
      diffs,
      ...(isThere ? { new: {} as never } : {}),
    },
  },
});
const collect = (...events: EngineEvent[]) => {
  const collector = new ChangeCollector();
  for (const event of events) collector.take(event);
  return previewOf(collector.changes());
};
const names = (changes: readonly { name: string }[]): string[] => changes.map(({ name }) => name);

describe("automation: changes", () => {
  it("puts each resource in one place", () => {
    const operations: OpType[] = [
      "create",
      "update",
      "delete",
      "same",
      "replace",
      "create-replacement",
      "delete-replaced",
      "refresh",
    ];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...operations), fc.constantFrom("a", "b", "c"))), (steps) => {
        const { created, updated, replaced, deleted, unchanged } = collect(
          ...steps.map(([op, name]) => step(op, eip, name)),
        );
        const all = names([...created, ...updated, ...replaced, ...deleted]);
        assert.equal(new Set(all).size, all.length);
        assert.equal(all.length + unchanged, new Set(steps.map(([, name]) => name)).size);
      }),
    );
  });

  it("counts a replacement once, however the engine orders its steps", () => {
    for (const order of [
      ["create-replacement", "replace", "delete-replaced"],
      ["delete-replaced", "replace", "create-replacement"],
    ] as OpType[][]) {
      const { created, replaced, deleted } = collect(
        ...order.map((op) => step(op, association, "ingress-ingress", ["privateIpAddress"])),
      );
      assert.deepEqual([names(created), names(replaced), names(deleted)], [[], ["ingress-ingress"], []]);
      assert.deepEqual(replaced[0]?.properties, ["privateIpAddress"]);
    }
  });

  it("tells drift from what a refresh found as it was", () => {
    const { updated, deleted, unchanged } = collect(
      step("refresh", eip, "a", ["tags"]),
      step("refresh", eip, "b"),
      step("refresh", eip, "c", [], false),
    );
    assert.deepEqual([names(updated), names(deleted), unchanged], [["a"], ["c"], 1]);
  });

  it("leaves out the stack and its providers", () => {
    const { created } = collect(
      step("create", "pulumi:pulumi:Stack", "s"),
      step("create", "pulumi:providers:aws", "p"),
    );
    assert.deepEqual(created, []);
  });

  it("says by which changes the applications' address becomes another one", () => {
    const changing: [OpType, string, string][] = [
      ["replace", eip, "ingress-ingress"],
      ["delete", eip, "ingress-ingress"],
      ["replace", association, "ingress-ingress"],
      ["delete", association, "ingress-ingress"],
      ["replace", secondary, "ingress-secondary"],
      ["delete", secondary, "ingress-secondary"],
      ["replace", existing, "ingress-ingress"],
      ["delete", existing, "ingress-ingress"],
      ["replace", attachment, "ingress-ingress"],
      ["replace", balancer, "ingress"],
      ["delete", balancer, "ingress"],
    ];
    for (const [op, type, name] of changing) {
      assert.deepEqual(names(collect(step(op, type, name)).ingressAddressChanges), [name], `${op} ${type}`);
    }
    const keeping: [OpType, string, string][] = [
      ["create", eip, "ingress-ingress"],
      ["update", eip, "ingress-ingress"],
      ["create", existing, "ingress-ingress"],
      ["update", balancer, "ingress"],
      ["replace", eip, "ingress-api"],
      ["delete", association, "ingress-api"],
      ["replace", "command:remote:Command", "ingress-haproxy"],
      ["delete", attachment, "ingress-ingress"],
    ];
    for (const [op, type, name] of keeping) {
      assert.deepEqual(collect(step(op, type, name)).ingressAddressChanges, [], `${op} ${type}`);
    }
  });
});
