/** A lab endpoint for each test, with the real SDK's clients and one kOps node. */
import assert from "node:assert/strict";
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { EC2Client, type EC2ClientConfig } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Route53Client } from "@aws-sdk/client-route-53";
import { STSClient } from "@aws-sdk/client-sts";
import type { Account, NetworkInterface } from "../../../lab/aws/account";
import type { CallRecord } from "../../../lab/aws/callRecord";
import { startEndpoint } from "../../../lab/aws/endpoint";
import type { Fault } from "../../../lab/aws/fault";
import { seedAccount } from "../../../lab/aws/seed";

export const cluster = "k8s.example.com";
export const zoneId = "Z0123456789EXAMPLE";
export const instanceId = "i-0a1b2c3d4e5f60001";
export const primaryIp = "172.20.45.37";
export const autoPublicIp = "198.51.100.37";

export function freshAccount(instanceType = "t3.medium"): Account {
  return seedAccount({
    region: "eu-central-1",
    cluster,
    subnetCidr: "172.20.32.0/19",
    instances: [
      {
        instanceId,
        instanceType,
        privateIp: primaryIp,
        publicIp: autoPublicIp,
        macAddress: "02:1b:7c:00:45:37",
        role: "control-plane",
      },
    ],
    hostedZone: { zoneId, name: "example.com." },
    publicIpPool: Array.from({ length: 7 }, (_, index) => `203.0.113.${10 + index}`),
  });
}

export interface Harness {
  url: string;
  account: Account;
  ec2: EC2Client;
  elb: ElasticLoadBalancingV2Client;
  autoscaling: AutoScalingClient;
  route53: Route53Client;
  sts: STSClient;
  calls: CallRecord[];
  faults: Fault[];
  /** Accounts that `onChange` was given. */
  changes: Account[];
  /** Replaces what `onChange` does. */
  onChange: (account: Account) => Promise<void>;
  /** The node's network interface, in the account. */
  eni: NetworkInterface;
  eniId: string;
  vpcId: string;
  /** A client that may differ from the default one. */
  ec2With(config: EC2ClientConfig): EC2Client;
}

/** Registers mocha's hooks; the result is filled for each test. */
export function useEndpoint(instanceType?: string): Harness {
  const harness = {} as Harness;
  let close: () => Promise<void>;
  beforeEach(async () => {
    const account = freshAccount(instanceType);
    const calls: CallRecord[] = [];
    const faults: Fault[] = [];
    const changes: Account[] = [];
    harness.onChange = async (changed) => void changes.push(changed);
    const endpoint = await startEndpoint({
      account,
      host: "127.0.0.1",
      port: 0,
      faults,
      onCall: (call) => calls.push(call),
      onChange: (changed) => harness.onChange(changed),
    });
    const config = {
      endpoint: endpoint.url,
      region: "eu-central-1",
      credentials: { accessKeyId: "AKIATEST", secretAccessKey: "very-secret" },
      maxAttempts: 1,
    };
    const clients = {
      ec2: new EC2Client(config),
      elb: new ElasticLoadBalancingV2Client(config),
      autoscaling: new AutoScalingClient(config),
      route53: new Route53Client(config),
      sts: new STSClient(config),
    };
    const eni = account.networkInterfaces[0];
    const vpcId = account.vpcs[0]?.vpcId;
    assert(eni && vpcId);
    Object.assign(harness, { url: endpoint.url, account, calls, faults, changes, ...clients, vpcId });
    harness.eniId = eni.networkInterfaceId;
    Object.defineProperty(harness, "eni", { get: () => account.networkInterfaces[0], configurable: true });
    const others: EC2Client[] = [];
    harness.ec2With = (different) => {
      const client = new EC2Client({ ...config, ...different });
      others.push(client);
      return client;
    };
    close = async () => {
      for (const client of [...Object.values(clients), ...others]) client.destroy();
      await endpoint.close();
    };
  });
  afterEach(() => close());
  return harness;
}

/** Asserts AWS's error code, and part of its text. */
export async function refuses(call: Promise<unknown>, code: string, text: string | RegExp = ""): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert(error instanceof Error);
    assert.equal(error.name, code, `${error.name}: ${error.message}`);
    if (typeof text === "string") assert(error.message.includes(text), error.message);
    else assert.match(error.message, text);
    return true;
  });
}
