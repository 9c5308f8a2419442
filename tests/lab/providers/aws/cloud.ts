/** The lab's AWS endpoint with the drop-in plugin configured for it, for one test file. */
import type { Account } from "../../../../lab/aws/account";
import { type Endpoint, startEndpoint } from "../../../../lab/aws/endpoint";
import type { Fault } from "../../../../lab/aws/fault";
import { freshAccount } from "../../aws/harness";
import { PluginProcess } from "../plugin";

export const credentials = { AWS_ACCESS_KEY_ID: "AKIATEST", AWS_SECRET_ACCESS_KEY: "very-secret" };

export interface Cloud {
  url: string;
  account: Account;
  plugin: PluginProcess;
  /** Calls since the last look, by AWS's names. */
  calls(): string[];
  /** Parameters of the latest call of that name. */
  parametersOf(action: string): Record<string, string>;
  faults: Fault[];
  eniId: string;
  vpcId: string;
}

/** Registers mocha's hooks; the result is filled before the first test. */
export function useCloud(): Cloud {
  const cloud = {} as Cloud;
  let endpoint: Endpoint;
  before(async () => {
    const account = freshAccount();
    const faults: Fault[] = [];
    let calls: { action: string; parameters: Record<string, string> }[] = [];
    let seen = 0;
    endpoint = await startEndpoint({
      account,
      host: "127.0.0.1",
      port: 0,
      faults,
      onCall: (call) => calls.push(call),
    });
    const plugin = await PluginProcess.start("aws", { ...credentials, AWS_ENDPOINT_URL: endpoint.url, AWS_REGION: "" });
    await plugin.configure({ region: "eu-central-1" });
    Object.assign(cloud, {
      url: endpoint.url,
      account,
      plugin,
      faults,
      eniId: account.networkInterfaces[0]?.networkInterfaceId,
      vpcId: account.vpcs[0]?.vpcId,
      calls: () => {
        const fresh = calls.slice(seen).map(({ action }) => action);
        seen = calls.length;
        return fresh;
      },
      parametersOf: (action: string) => calls.filter((call) => call.action === action).pop()?.parameters ?? {},
    });
    calls = [];
  });
  beforeEach(() => {
    cloud.calls();
    cloud.faults.length = 0;
  });
  after(async () => {
    await cloud.plugin.stop();
    await endpoint.close();
  });
  return cloud;
}
