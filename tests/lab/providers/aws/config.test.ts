/** The provider's settings, as the engine hands them over, and which identity and which address they lead to. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallRecord } from "../../../../lab/aws/callRecord";
import { type Endpoint, startEndpoint } from "../../../../lab/aws/endpoint";
import { readConfig } from "../../../../lab/providers/aws/config";
import { freshAccount } from "../../aws/harness";
import { failureOf, PluginProcess } from "../plugin";
import { credentials } from "./cloud";

describe("lab plugin aws: readConfig", () => {
  it("reads texts as they are, and all else from JSON", () => {
    const config = readConfig({
      ...{ region: "eu-central-1", profile: "work", accessKey: "AKIA", secretKey: "s", token: "t" },
      endpoints: JSON.stringify([{ ec2: "http://one" }, { route53: "http://two", sts: "http://three" }]),
      assumeRoles: JSON.stringify([{ roleArn: "arn:one", sessionName: "ci", externalId: null }, { sessionName: "x" }]),
      skipCredentialsValidation: "true",
      skipRegionValidation: "true",
    });
    assert.deepEqual(config, {
      region: "eu-central-1",
      profile: "work",
      credentials: { accessKeyId: "AKIA", secretAccessKey: "s", sessionToken: "t" },
      endpoints: { ec2: "http://one", route53: "http://two", sts: "http://three" },
      assumeRoles: [{ roleArn: "arn:one", sessionName: "ci" }],
      skipCredentialsValidation: true,
      skipRequestingAccountId: false,
    });
  });

  it("takes what is not set for absent", () => {
    assert.deepEqual(readConfig({ region: "", profile: undefined, accessKey: "AKIA" }), {
      endpoints: {},
      assumeRoles: [],
      skipCredentialsValidation: false,
      skipRequestingAccountId: false,
    });
  });

  it("names every setting that is not served", () => {
    const asked = { endpoints: [{ s3: "http://x" }], assumeRoles: [{ roleArn: "a", duration: "1h" }], maxRetries: 3 };
    assert.throws(
      () => readConfig(asked),
      /does not support the provider setting maxRetries, endpoints\.s3, assumeRoles\.duration: run the lab with --plugins official/,
    );
  });
});

describe("lab plugin aws: who calls, and where", () => {
  let endpoint: Endpoint;
  let calls: CallRecord[];
  let plugin: PluginProcess | undefined;
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "aws-config-"));
  });
  beforeEach(async () => {
    calls = [];
    endpoint = await startEndpoint({
      account: freshAccount(),
      host: "127.0.0.1",
      port: 0,
      onCall: (call) => calls.push(call),
    });
  });
  afterEach(async () => {
    await plugin?.stop();
    plugin = undefined;
    await endpoint.close();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function configured(settings: Record<string, unknown>, env: NodeJS.ProcessEnv): Promise<PluginProcess> {
    plugin = await PluginProcess.start("aws", {
      ...{ AWS_REGION: "", AWS_CONFIG_FILE: join(folder, "none"), AWS_SHARED_CREDENTIALS_FILE: join(folder, "none") },
      ...env,
    });
    await plugin.configure({ region: "eu-central-1", ...settings });
    return plugin;
  }
  const look = (started: PluginProcess) =>
    started.invoke("aws:ec2/getInstances:getInstances", { instanceStateNames: ["running"] });
  const seen = () => calls.map(({ action, principal, arn }) => [action, principal, arn.replace(/.*:/, "")]);

  const actions = () => calls.map(({ action }) => action);

  it("checks the credentials when it is configured, once", async () => {
    await look(await configured({}, { ...credentials, AWS_ENDPOINT_URL: endpoint.url }));
    assert.deepEqual(actions(), ["GetCallerIdentity", "DescribeInstances"]);
  });

  it("asks nobody for the account when told not to", async () => {
    const skips = { region: "", skipCredentialsValidation: "true", skipRequestingAccountId: "true" };
    const env = { ...credentials, AWS_ENDPOINT_URL: endpoint.url, AWS_REGION: "eu-central-1" };
    const started = await configured(skips, env);
    const id = endpoint.account.networkInterfaces[0]?.networkInterfaceId;
    const eni = await started.invoke("aws:ec2/getNetworkInterface:getNetworkInterface", { id });
    assert.equal(eni["arn"], `arn:aws:ec2:eu-central-1::network-interface/${id}`);
    assert.deepEqual(actions(), ["DescribeNetworkInterfaces"]);
  });

  it("refuses a setting that it would otherwise leave out, before any call", async () => {
    const settings = { defaultTags: '{"tags":{"a":"b"}}' };
    const { details } = await failureOf(configured(settings, { ...credentials, AWS_ENDPOINT_URL: endpoint.url }));
    assert.match(details, /does not support the provider setting defaultTags: /);
    assert.deepEqual(calls, []);
  });

  it("assumeRoles: one session for all calls, under the role's name", async () => {
    const started = await configured(
      { assumeRoles: JSON.stringify([{ roleArn: "arn:aws:iam::123456789012:role/Deployer", sessionName: "ci-42" }]) },
      { ...credentials, AWS_ENDPOINT_URL: endpoint.url },
    );
    await look(started);
    await started.create("aws:route53/healthCheck:HealthCheck", { type: "TCP", ipAddress: "203.0.113.10", port: 443 });
    const session = endpoint.account.sessions?.[0]?.accessKeyId;
    assert.deepEqual(seen().slice(0, 4), [
      ["AssumeRole", "AKIATEST", "user/operator"],
      ["GetCallerIdentity", session, "assumed-role/Deployer/ci-42"],
      ["DescribeInstances", session, "assumed-role/Deployer/ci-42"],
      ["CreateHealthCheck", session, "assumed-role/Deployer/ci-42"],
    ]);
    assert.equal(calls.filter(({ action }) => action === "AssumeRole").length, 1);
  });

  it("assumeRoles: a role that cannot be assumed is named", async () => {
    const roleArn = "arn:aws:iam::210987654321:role/Other";
    const { details } = await failureOf(
      configured({ assumeRoles: JSON.stringify([{ roleArn }]) }, { ...credentials, AWS_ENDPOINT_URL: endpoint.url }),
    );
    assert.match(
      details,
      /IAM Role \(arn:aws:iam::210987654321:role\/Other\) cannot be assumed: operation error STS: AssumeRole, .*AccessDenied/,
    );
  });

  it("profile: its keys, before those of the environment and of the default", async () => {
    const file = join(folder, "credentials");
    const keys = (id: string): string => `aws_access_key_id = ${id}\naws_secret_access_key = s\n`;
    writeFileSync(file, `[default]\n${keys("AKIADEFAULT")}[work]\n${keys("AKIAWORK")}`);
    const env = { AWS_SHARED_CREDENTIALS_FILE: file, AWS_ENDPOINT_URL: endpoint.url };
    await look(await configured({ profile: "work" }, { ...credentials, ...env }));
    assert.deepEqual(
      calls.map(({ principal }) => principal),
      ["AKIAWORK", "AKIAWORK"],
    );
  });

  it("accessKey and secretKey: before those of the environment", async () => {
    const settings = { accessKey: "AKIAGIVEN", secretKey: "s" };
    await look(await configured(settings, { ...credentials, AWS_ENDPOINT_URL: endpoint.url }));
    assert.deepEqual(
      calls.map(({ principal }) => principal),
      ["AKIAGIVEN", "AKIAGIVEN"],
    );
  });

  it("endpoints: each service at its own, before the environment's", async () => {
    const { url } = endpoint;
    const endpoints = JSON.stringify([{ ec2: url, sts: url, route53: url }]);
    const started = await configured({ endpoints }, { ...credentials, AWS_ENDPOINT_URL: "http://127.0.0.1:9" });
    await look(started);
    await started.create("aws:route53/healthCheck:HealthCheck", { type: "TCP", ipAddress: "203.0.113.10", port: 443 });
    assert.deepEqual([...new Set(calls.map(({ service }) => service))], ["sts", "ec2", "route53"]);
  });
});
