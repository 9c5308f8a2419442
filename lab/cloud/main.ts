/**
 * The lab's cloud, one process in the `internet` namespace: the AWS endpoint, which applies every change to the network
 * before it responds. Nodes reach it over TLS by EC2's name. It logs each call and saves the account. Beside it, the operator's Vault.
 */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { createServer } from "node:tls";
import type { Account } from "../aws/account";
import { removeLeaving } from "../aws/elbv2/loadBalancers";
import { startEndpoint } from "../aws/endpoint";
import { replaceInstance } from "../aws/replacement";
import { spread } from "../aws/spread";
import { leave, steal } from "../aws/stranger";
import { serveControl } from "./control";
import { authorize, setNodePolicy, setOperatorPolicies } from "./policy";
import { labAccount, labCluster } from "./labAccount";
import { awsEndpoint, publicAwsEndpoint, vault } from "../network/addresses";
import { applyDataPlane } from "../network/dataPlane";
import { startHealthChecks } from "../network/healthChecks";
import { keyPair } from "../node/certificates";
import { labPaths } from "../paths";
import { startVault } from "./vault";

/** Serves the endpoint under EC2's public name. */
function servePublicly(): void {
  const { certificate, key } = keyPair("aws");
  createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (client) => {
    const endpoint = connect(awsEndpoint);
    client.pipe(endpoint).pipe(client);
    for (const socket of [client, endpoint]) socket.on("error", () => [client, endpoint].map((each) => each.destroy()));
  }).listen(publicAwsEndpoint.port, publicAwsEndpoint.host);
}

async function main(): Promise<void> {
  // A saved lab has its own account.
  const account = existsSync(labPaths.account)
    ? (JSON.parse(readFileSync(labPaths.account, "utf8")) as Account)
    : labAccount(Number(process.argv[2] ?? 1));
  const onChange = async (changed: Account): Promise<void> => {
    await applyDataPlane(changed);
    // The rename is atomic: readers see a complete file.
    writeFileSync(`${labPaths.account}.new`, JSON.stringify(changed, undefined, 2));
    renameSync(`${labPaths.account}.new`, labPaths.account);
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
    operatorPolicies: ({ policies }) => Promise.resolve(setOperatorPolicies(policies)),
    nodePolicy: ({ statements }) => Promise.resolve(setNodePolicy(statements)),
    balancers: ({ seconds }) =>
      endpoint.change((changed) => {
        changed.balancerSeconds = seconds;
      }),
    spread: ({ zones }) => endpoint.change((changed) => spread(changed, labCluster, zones)),
    plugged: () => endpoint.change(() => undefined),
    leave: () => endpoint.change(leave),
  });
  setInterval(() => {
    if (account.leavingInterfaces?.some(({ until }) => until <= Date.now()))
      endpoint.change((changed) => removeLeaving(changed, Date.now())).catch((error: unknown) => console.error(error));
  }, 500);
  startHealthChecks(account, (work) => endpoint.change(work));
  servePublicly();
  await startVault(vault.host, vault.port);
  writeFileSync(labPaths.cloudReady, "");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
