/** How the lab's operator got along with the policy that `secondary-ingress iam` prints. */
import assert from "node:assert/strict";
import { policyFor, type PolicySettings } from "../../iam/policy";
import { operatorKeyId } from "../../lab/operator";
import { awsCalls } from "../../lab/proof/proof";

/** Registers the two tests: nothing that was called is missing in the policy, and nothing in it was never called. */
export function operatorPolicyTests(settings: PolicySettings): void {
  describe("the operator's policy", () => {
    it("refused no call", async () => {
      const refused = (await awsCalls()).filter(
        ({ principal, error }) => principal === operatorKeyId && /UnauthorizedOperation|AccessDenied/.test(error ?? ""),
      );
      assert.deepEqual(refused, []);
    });

    it("has no action that was not used", async () => {
      const used = new Set(
        (await awsCalls())
          .filter(({ principal, status }) => principal === operatorKeyId && status === 200)
          .map(({ service, action }) => `${service}:${action}`),
      );
      const allowed = new Set(policyFor(settings).Statement.flatMap(({ Action }) => Action));
      assert.deepEqual([...allowed].filter((action) => !used.has(action)).sort(), []);
    });
  });
}
