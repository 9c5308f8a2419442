/** What the operator may do in the lab's AWS: what `secondary-ingress iam` prints, and nothing else. */
import { policyFor, type PolicySettings } from "../iam/policy";
import { IngressMode, PrimaryAddress } from "../settings";
import type { Account } from "./aws/account";
import { authorizationRequests } from "./aws/iam/requests";
import { isAllowed } from "./aws/iam/simulation";
import type { AuthorizedCall } from "./aws/ledger";
import { labCluster, labDomain, labRegion, labZoneId } from "./labAccount";
import { operatorKeyId } from "./operator";

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

const policy = policyFor(operatorPolicy);

/** The operator may do what the policy says; whoever else calls is an administrator. */
export async function authorize(call: AuthorizedCall, account: Account): Promise<boolean> {
  if (call.principal !== operatorKeyId) return true;
  for (const request of authorizationRequests(account, call.service, call.action, call.parameters))
    if (!(await isAllowed(policy, request, account))) {
      console.error(`not allowed by the operator's policy: ${request.action} on ${request.resource}`);
      return false;
    }
  return true;
}
