import assert from "node:assert/strict";
import type { StateResource } from "../../../automation/state";
import { seenBy } from "../../../operator/cli/kops";

describe("kops", () => {
  const id = "sg-0123456789abcdef0";
  const group = {
    urn: "…::ingress-ingress",
    type: "aws:ec2/securityGroup:SecurityGroup",
    id,
    outputs: { vpcId: "vpc-1" },
  };
  const run = {
    urn: "…::ingress-preflight",
    type: "command:remote:Command",
    outputs: { stdout: '{"schemaVersion":1,"facts":{}}' },
  };
  const state = (...resources: StateResource[]) => ({ version: 3, deployment: { resources } });

  it("finds the VPC of the stack's group and what was seen on the node", () => {
    const another = { ...group, id: "sg-1", outputs: { vpcId: "vpc-2" } };
    assert.deepEqual(seenBy(state(run, another, group), id, "prod"), {
      vpcId: "vpc-1",
      preflight: run.outputs.stdout,
    });
  });

  const faults = { nothing: [], "no group": [run], "no look at the node": [group] };
  for (const [what, resources] of Object.entries<StateResource[]>(faults))
    it(`says that a stack with ${what} is not up, and what to do`, () => {
      assert.throws(
        () => seenBy(state(...resources), id, "prod"),
        /expected a stack that is up.*pulumi up --stack prod/,
      );
    });

  it("says that a stack of an older version, whose outputs lack the group, is to be updated", () => {
    assert.throws(() => seenBy(state(run, group), "", "prod"), /up with this version.*pulumi up --stack prod/);
  });
});
