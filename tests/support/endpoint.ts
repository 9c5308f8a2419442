/** The lab's AWS endpoint for one test, and an environment that leads every SDK to it. */
import type { CallRecord } from "../../lab/aws/callRecord";
import { type Endpoint, startEndpoint } from "../../lab/aws/endpoint";
import type { Fault } from "../../lab/aws/fault";
import { labAccount } from "../../lab/cloud/labAccount";

export interface TestEndpoint {
  endpoint: Endpoint;
  /** Every call that was answered. */
  calls: CallRecord[];
  /** Faults to come; a test adds to them. */
  faults: Fault[];
}

async function start(): Promise<TestEndpoint & { stop(): Promise<void> }> {
  const before = { ...process.env };
  const calls: CallRecord[] = [];
  const faults: Fault[] = [];
  const endpoint = await startEndpoint({
    account: labAccount(),
    host: "127.0.0.1",
    port: 0,
    faults,
    onCall: (call) => calls.push(call),
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: "AKIATEST",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: "eu-central-1",
  });
  return {
    endpoint,
    calls,
    faults,
    stop: async () => {
      await endpoint.close();
      for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name);
      Object.assign(process.env, before);
    },
  };
}

export async function withEndpoint<T>(work: (endpoint: Endpoint) => Promise<T>): Promise<T> {
  const started = await start();
  try {
    return await work(started.endpoint);
  } finally {
    await started.stop();
  }
}

/** A fresh endpoint for each test of the suite that calls this. */
export function onEndpoint(): () => TestEndpoint {
  let started: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => {
    started = await start();
  });
  afterEach(() => started.stop());
  return () => started;
}
