/**
 * Who may do what in the lab's AWS: the operator what `secondary-ingress iam` prints, a node what kOps gives its role; nothing else.
 * The operator has the policies of every mode with everything turned on, unless a test attaches others.
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

/** The operator's policy, with everything that a stack may ask for. */
export const operatorPolicy: PolicySettings = {
  mode: IngressMode.DualIp,
  clusterName: labCluster,
  region: labRegion,
  accountId: "*",
  appDomains: [labDomain],
  secondaryPrivateIp: "172.20.45.99",
  primaryAddress: PrimaryAddress.ElasticIp,
  apiAllowedCidrs: ["192.0.2.0/24"],
  route53ZoneId: labZoneId,
  overwriteRecords: false,
  healthChecks: true,
};

/** The same where its mode is load-balancer. */
export const balancerPolicy: PolicySettings = {
  ...operatorPolicy,
  mode: IngressMode.LoadBalancer,
  healthChecks: false,
};

/** Whoever switches modes has the policies of both. */
export const everyPolicy: readonly PolicyDocument[] = [operatorPolicy, balancerPolicy].map(policyFor);
let policiesOfOperator = everyPolicy;

/** The operator has these from now on, and no other. */
export function setOperatorPolicies(policies: readonly PolicyDocument[]): void {
  policiesOfOperator = policies;
}

/** What `kops update cluster` has put into the role of the cluster's control plane, beside what kOps itself needs. */
const policyOfNode: { Version: string; Statement: readonly Statement[] } = { Version: "2012-10-17", Statement: [] };

export function setNodePolicy(statements: readonly Statement[]): void {
  policyOfNode.Statement = statements;
}

/** The operator and the cluster's node may do what their policies say; whoever else calls is an administrator. */
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
