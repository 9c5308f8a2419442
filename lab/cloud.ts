/**
 * The lab's cloud, one process in the `internet` namespace: the AWS endpoint, whose every change becomes network before it is
 * answered. It writes each call to a log and the account as it stands beside it.
 */
import { appendFileSync, writeFileSync } from "node:fs";
import type { Account } from "./aws/account";
import { startEndpoint } from "./aws/endpoint";
import { replaceInstance } from "./aws/replacement";
import { leave, steal } from "./aws/stranger";
import { serveControl } from "./cloudControl";
import { authorize } from "./cloudPolicy";
import { labAccount } from "./labAccount";
import { awsEndpoint } from "./network/addresses";
import { applyDataPlane } from "./network/dataPlane";
import { labPaths } from "./paths";

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
