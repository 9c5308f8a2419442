/** Evaluates identity policies with a simulator of AWS's policy evaluation and service authorization reference. */
import { runSimulation } from "@cloud-copilot/iam-simulate";
import type { Account } from "../account";
import type { AuthorizationRequest } from "./requests";

/** @throws if the simulator rejects a policy or the request */
export async function isAllowed(
  policies: readonly object[],
  request: AuthorizationRequest,
  account: Account,
): Promise<boolean> {
  const { accountId } = account;
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${accountId}:user/operator`,
        action: request.action,
        resource: { resource: request.resource, accountId },
        contextVariables: request.context,
      },
      identityPolicies: policies.map((policy, index) => ({ name: `policy-${index + 1}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === "error")
    throw new Error(`${request.action} on ${request.resource}: ${JSON.stringify(answer.errors)}`);
  return answer.overallResult === "Allowed";
}
