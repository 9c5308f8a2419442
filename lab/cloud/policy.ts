/**
 * IAM policies in the lab's AWS: the operator has what `secondary-ingress iam` prints, a node what kOps gives its role.
 * The operator has the policies of every mode with all options, unless a test attaches others.
 */
import { policyFor, type PolicyDocument, type PolicySettings } from "../../operator/iam/policy";
import { IngressMode, PrimaryAddress } from "../../settings/choices";
import type { Account } from "../aws/account";
import type { Statement } from "../../operator/iam/conditions";
import { authorizationRequests } from "../aws/iam/requests";
import { isAllowed } from "../aws/iam/simulation";
import { profileByKey } from "../aws/instanceProfile";
import type { AuthorizedCall } from "../aws/ledger";
import { labCluster, labDomain, labRegion, labZoneId } from "./labAccount";
import { operatorKeyId } from "../operator";

/** The operator's policy with all options of a stack. */
export const operatorPolicy: PolicySettings = {
  mode: IngressMode.DualIp,
  clusterName: labCluster,
  region: labRegion,
  accountId: "*",
  appDomains: [labDomain],
  secondaryPrivateIp: "172.20.45.99",
  primaryAddress: PrimaryAddress.ElasticIp,
  allowedCidrs: ["0.0.0.0/0"],
  apiAllowedCidrs: ["192.0.2.0/24"],
  route53ZoneId: labZoneId,
  overwriteRecords: false,
  healthChecks: true,
};

/** The same for mode load-balancer. */
export const balancerPolicy: PolicySettings = {
  ...operatorPolicy,
  mode: IngressMode.LoadBalancer,
  healthChecks: false,
};

/** Switching modes needs the policies of both. */
export const everyPolicy: readonly PolicyDocument[] = [operatorPolicy, balancerPolicy].map(policyFor);
let policiesOfOperator = everyPolicy;

/** Replaces the operator's policies. */
export function setOperatorPolicies(policies: readonly PolicyDocument[]): void {
  policiesOfOperator = policies;
}

/** Statements that `kops update cluster` adds to the control plane's role, beside kOps' own. */
const policyOfNode: { Version: string; Statement: readonly Statement[] } = { Version: "2012-10-17", Statement: [] };

export function setNodePolicy(statements: readonly Statement[]): void {
  policyOfNode.Statement = statements;
}

/** Evaluates the policies of the operator and the cluster's node; any other caller has administrator rights. */
export async function authorize(call: AuthorizedCall, account: Account): Promise<boolean> {
  const node = profileByKey(account, call.principal);
  if (call.principal !== operatorKeyId && !node) return true;
  const policies = node ? [policyOfNode] : policiesOfOperator;
  for (const request of authorizationRequests(account, call.service, call.action, call.parameters))
    if (!(await isAllowed(policies, request, account))) {
      console.error(
        `not allowed by the ${node ? "node" : "operator"}'s policy: ${request.action} on ${request.resource}`,
      );
      return false;
    }
  return true;
}
