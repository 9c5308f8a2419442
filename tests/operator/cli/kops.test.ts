import assert from "node:assert/strict";
import type { StateResource } from "../../../automation/state";
import { madeBy } from "../../../operator/cli/kops";

describe("kops", () => {
  const group = { urn: "…::ingress-ingress", type: "aws:ec2/securityGroup:SecurityGroup", id: "sg-0123456789abcdef0" };
  const looked = {
    urn: "…::ingress-preflight",
    type: "command:remote:Command",
    outputs: { stdout: '{"schemaVersion":1,"facts":{}}' },
  };
  const state = (...resources: StateResource[]) => ({ version: 3, deployment: { resources } });

  it("finds the stack's group and what was seen on the node", () => {
    assert.deepEqual(madeBy(state(looked, group), "prod"), { group, preflight: looked.outputs.stdout });
  });

  for (const [what, resources] of Object.entries<StateResource[]>({
    nothing: [],
    "no group": [looked],
    "no look at the node": [group],
  }))
    it(`says that a stack with ${what} is not up, and what to do`, () => {
      assert.throws(() => madeBy(state(...resources), "prod"), /expected a stack that is up.*pulumi up --stack prod/);
    });
});
