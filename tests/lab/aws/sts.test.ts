import assert from "node:assert/strict";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { DescribeAddressesCommand } from "@aws-sdk/client-ec2";
import { refuses, useEndpoint } from "./harness";

describe("the endpoint's STS", () => {
  const lab = useEndpoint();
  const role = "arn:aws:iam::123456789012:role/teams/Deployer";
  const assume = (RoleArn = role, RoleSessionName = "ci-42") =>
    lab.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName }));

  it("knows its one user", async () => {
    const { Account, Arn, UserId } = await lab.sts.send(new GetCallerIdentityCommand({}));
    assert.deepEqual(
      { Account, Arn, UserId },
      { Account: "123456789012", Arn: "arn:aws:iam::123456789012:user/operator", UserId: "AIDALABOPERATOR000000" },
    );
  });

  it("gives a role's session credentials, and knows them again", async () => {
    const { Credentials, AssumedRoleUser } = await assume();
    const arn = "arn:aws:sts::123456789012:assumed-role/Deployer/ci-42";
    assert.equal(AssumedRoleUser?.Arn, arn);
    assert.match(Credentials?.AccessKeyId ?? "", /^ASIA[0-9A-F]{16}$/);
    const left = ((Credentials?.Expiration?.getTime() ?? 0) - Date.now()) / 1000;
    assert.ok(left > 3500 && left <= 3600);
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    };
    const client = new STSClient({ endpoint: lab.url, region: "eu-central-1", credentials });
    const { Arn, UserId } = await client.send(new GetCallerIdentityCommand({}));
    assert.deepEqual([Arn, UserId], [arn, "AROALABROLE0000000000:ci-42"]);
    await lab.ec2With({ credentials }).send(new DescribeAddressesCommand({}));
    assert.equal(lab.calls.at(-1)?.arn, arn);
  });

  it("gives none for another account's role, nor for what is no role", async () => {
    await refuses(assume("arn:aws:iam::210987654321:role/Deployer"), "AccessDenied", "not authorized to perform");
    await refuses(assume("arn:aws:iam::123456789012:user/Deployer"), "AccessDenied");
    await refuses(assume(role, "a b"), "InvalidParameterValue");
  });
});
