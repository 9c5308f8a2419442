import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { awsConnection, connectionOf, principal } from "../../../components/aws/connection";

describe("principal", () => {
  it("is a role without the name of the session", () => {
    assert.equal(
      principal("arn:aws:sts::123456789012:assumed-role/Deployer/ci-42"),
      "arn:aws:sts::123456789012:assumed-role/Deployer",
    );
    assert.equal(
      principal("arn:aws-cn:sts::123456789012:assumed-role/Deployer/a@b.example.com"),
      "arn:aws-cn:sts::123456789012:assumed-role/Deployer",
    );
  });

  it("is a user as it is", () => {
    const user = "arn:aws:iam::123456789012:user/path/operator";
    assert.equal(principal(user), user);
    assert.equal(principal("arn:aws:iam::123456789012:root"), "arn:aws:iam::123456789012:root");
  });
});

describe("awsConnection", () => {
  const settings = (values: Record<string, string>): void => {
    pulumi.runtime.setAllConfig(
      Object.fromEntries(Object.entries(values).map(([key, value]) => [`aws:${key}`, value])),
    );
  };
  const environment = ["AWS_REGION", "AWS_DEFAULT_REGION"] as const;
  let before: Partial<Record<string, string>>;
  beforeEach(() => {
    before = Object.fromEntries(environment.map((name) => [name, process.env[name]]));
    for (const name of environment) Reflect.deleteProperty(process.env, name);
  });
  afterEach(() => {
    settings({});
    for (const name of environment) {
      Reflect.deleteProperty(process.env, name);
      if (before[name] !== undefined) process.env[name] = before[name];
    }
  });

  it("takes the region from the setting, AWS_REGION or AWS_DEFAULT_REGION, in this order, as the provider does", () => {
    process.env["AWS_DEFAULT_REGION"] = "eu-west-2";
    assert.deepEqual(awsConnection(), { region: "eu-west-2" });
    process.env["AWS_REGION"] = "eu-west-1";
    assert.deepEqual(awsConnection(), { region: "eu-west-1" });
    settings({ region: "eu-central-1" });
    assert.deepEqual(awsConnection(), { region: "eu-central-1" });
  });

  it("is for a command line with the settings in hand what it is for the program", () => {
    const values = {
      region: "eu-central-1",
      profile: "work",
      endpoints: '[{"route53":"http://127.0.0.1:1","autoscaling":"http://127.0.0.1:2"}]',
      assumeRoles: '[{"roleArn":"arn:aws:iam::1:role/a"}]',
    };
    settings(values);
    assert.deepEqual(
      connectionOf((key) => values[key]),
      awsConnection(),
    );
  });

  it("takes along every endpoint that calls of our own are made to", () => {
    const endpoints = {
      ec2: "http://127.0.0.1:1",
      elbv2: "http://127.0.0.1:2",
      sts: "http://127.0.0.1:3",
      autoscaling: "http://127.0.0.1:4",
      route53: "http://127.0.0.1:5",
    };
    settings({ endpoints: JSON.stringify([endpoints]) });
    assert.deepEqual(awsConnection(), { endpoints });
  });

  it("is empty where nothing is set: all comes from the environment", () => {
    settings({});
    assert.deepEqual(awsConnection(), {});
    settings({ endpoints: '[{"s3":"http://127.0.0.1:1"}]', assumeRoles: "[{}]" });
    assert.deepEqual(awsConnection(), {});
  });

  it("is what the provider is set up with", () => {
    settings({
      region: "eu-central-1",
      profile: "work",
      endpoints: '[{"ec2":"http://127.0.0.1:1"},{"sts":"http://127.0.0.1:2"}]',
      assumeRoles: JSON.stringify([
        { roleArn: "arn:aws:iam::1:role/a" },
        { roleArn: "arn:aws:iam::1:role/b", sessionName: "s", externalId: "e", policy: "{}", sourceIdentity: "i" },
      ]),
    });
    assert.deepEqual(awsConnection(), {
      region: "eu-central-1",
      profile: "work",
      endpoints: { ec2: "http://127.0.0.1:1", sts: "http://127.0.0.1:2" },
      assumeRoles: [
        { roleArn: "arn:aws:iam::1:role/a" },
        { roleArn: "arn:aws:iam::1:role/b", sessionName: "s", externalId: "e", policy: "{}", sourceIdentity: "i" },
      ],
    });
    for (const service of ["ec2", "sts"]) {
      settings({ endpoints: `[{"${service}":"http://127.0.0.1:1"}]` });
      assert.deepEqual(awsConnection(), { endpoints: { [service]: "http://127.0.0.1:1" } });
    }
  });
});
