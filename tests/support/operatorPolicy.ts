/** How the lab's operator got along with the policy that `secondary-ingress iam` prints. */
import assert from "node:assert/strict";
import { policyFor, type PolicyDocument, type PolicySettings } from "../../operator/iam/policy";
import { inCallersName } from "../../lab/aws/iam/requests";
import { operatorKeyId } from "../../lab/operator";
import { awsCalls } from "../../lab/proof/proof";

/** Of the operator's calls, from one on: those that were refused, and what the policy allows that none of them was. */
export async function policyGaps(policy: PolicyDocument, from = 0): Promise<{ refused: string[]; unused: string[] }> {
  const calls = (await awsCalls()).slice(from).filter(({ principal }) => principal === operatorKeyId);
  const named = ({ service, action }: { service: string; action: string }): string => `${service}:${action}`;
  const refused = calls.filter(({ error }) => /UnauthorizedOperation|AccessDenied/.test(error ?? "")).map(named);
  const used = new Set(
    calls
      // Who asks for what is gone already needs the permission as well: an Elastic IP whose balancer went first, say.
      .filter(({ status, error }) => status === 200 || /\.NotFound$/.test(error ?? ""))
      .flatMap(({ service, action }) => [
        named({ service, action }),
        ...(service === "elasticloadbalancing" ? (inCallersName[action] ?? []).map((name) => `ec2:${name}`) : []),
      ]),
  );
  const allowed = new Set(policy.Statement.flatMap(({ Action }) => Action));
  return { refused, unused: [...allowed].filter((action) => !used.has(action)).sort() };
}

/** Registers the two tests: nothing that was called is missing in the policy, and nothing in it was never called. */
export function operatorPolicyTests(settings: PolicySettings): void {
  describe("the operator's policy", () => {
    it("refused no call", async () => {
      assert.deepEqual((await policyGaps(policyFor(settings))).refused, []);
    });

    it("has no action that was not used", async () => {
      assert.deepEqual((await policyGaps(policyFor(settings))).unused, []);
    });
  });
}
