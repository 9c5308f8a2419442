/** Whether an identity policy allows a call, by a simulator of AWS's evaluation and its service authorization reference. */
import { runSimulation } from "@cloud-copilot/iam-simulate";
import type { Account } from "../account";
import type { AuthorizationRequest } from "./requests";

/** @throws where the simulator cannot make sense of the policy or of the request */
export async function isAllowed(policy: object, request: AuthorizationRequest, account: Account): Promise<boolean> {
  const { accountId } = account;
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${accountId}:user/operator`,
        action: request.action,
        resource: { resource: request.resource, accountId },
        contextVariables: request.context,
      },
      identityPolicies: [{ name: "operator", policy }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === "error")
    throw new Error(`${request.action} on ${request.resource}: ${JSON.stringify(answer.errors)}`);
  return answer.overallResult === "Allowed";
}
