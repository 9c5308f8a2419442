/**
 * The lab's cloud, one process in the `internet` namespace: the AWS endpoint, whose every change becomes network before it is
 * answered. It writes each call to a log and the account as it stands beside it.
 */
import { appendFileSync, writeFileSync } from "node:fs";
import { policyFor } from "../iam/policy";
import { IngressMode, PrimaryAddress } from "../settings";
import type { Account } from "./aws/account";
import { startEndpoint } from "./aws/endpoint";
import type { AuthorizedCall } from "./aws/ledger";
import { authorizationRequests } from "./aws/iam/requests";
import { isAllowed } from "./aws/iam/simulation";
import { replaceInstance } from "./aws/replacement";
import { leave, steal } from "./aws/stranger";
import { serveControl } from "./cloudControl";
import { labAccount, labCluster, labDomain, labRegion, labZoneId } from "./labAccount";
import { awsEndpoint } from "./network/addresses";
import { applyDataPlane } from "./network/dataPlane";
import { operatorKeyId } from "./operator";
import { labPaths } from "./paths";

/** The operator's policy, with everything that a stack may ask for. */
const policy = policyFor({
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
});

/** The operator may do what the policy says; whoever else calls is an administrator. */
async function authorize(call: AuthorizedCall, account: Account): Promise<boolean> {
  if (call.principal !== operatorKeyId) return true;
  for (const request of authorizationRequests(account, call.service, call.action, call.parameters))
    if (!(await isAllowed(policy, request, account))) {
      console.error(`not allowed by the operator's policy: ${request.action} on ${request.resource}`);
      return false;
    }
  return true;
}

async function main(): Promise<void> {
  const account = labAccount();
  const onChange = async (changed: Account): Promise<void> => {
    await applyDataPlane(changed);
    writeFileSync(labPaths.account, JSON.stringify(changed, undefined, 2));
  };
  await onChange(account);
  const endpoint = await startEndpoint({
    account,
    ...awsEndpoint,
    onChange,
    authorize,
    onCall: (call) => appendFileSync(labPaths.awsCalls, `${JSON.stringify(call)}\n`),
  });
  await serveControl({
    replace: ({ old, next }) => endpoint.change((changed) => replaceInstance(changed, old, next)),
    steal: ({ address }) => endpoint.change((changed) => steal(changed, address)),
    leave: () => endpoint.change(leave),
  });
  writeFileSync(labPaths.cloudReady, "");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
