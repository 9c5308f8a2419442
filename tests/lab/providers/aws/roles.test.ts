import assert from "node:assert/strict";
import type { AssumeRoleCommandInput } from "@aws-sdk/client-sts";
import { afterRoles, type Credentials } from "../../../../lab/providers/aws/roles";

describe("lab plugin aws: roles", () => {
  const own = { accessKeyId: "AKIAOWN", secretAccessKey: "s" };
  const start = Date.now();
  const expiration = (minutes: number): Date => new Date(start + minutes * 60_000);
  const answer = (accessKeyId: string, minutes: number) => ({
    $metadata: {},
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: "s",
      SessionToken: "t",
      Expiration: expiration(minutes),
    },
  });
  const keyOf = async (credentials: Credentials | undefined): Promise<string | undefined> =>
    (await (typeof credentials === "function" ? credentials() : credentials))?.accessKeyId;

  it("none: the provider's own credentials", () => {
    const never = () => assert.fail("nothing is to be assumed");
    assert.equal(afterRoles(own, [], never), own);
    assert.equal(afterRoles(undefined, [], never), undefined);
  });

  it("are assumed one as the other, with what the setting says", async () => {
    const asked: [AssumeRoleCommandInput, string | undefined][] = [];
    const roles = [
      { roleArn: "arn:one", sessionName: "s1", externalId: "x", policy: "{}", sourceIdentity: "me" },
      { roleArn: "arn:two" },
    ];
    const credentials = afterRoles(own, roles, async (request, as) => {
      const key = await keyOf(as);
      asked.push([request, key]);
      return answer(`ASIA-${request.RoleArn}`, 60);
    });
    assert.equal(await keyOf(credentials), "ASIA-arn:two");
    const [first, second] = asked;
    assert.deepEqual(first, [
      { RoleArn: "arn:one", RoleSessionName: "s1", ExternalId: "x", Policy: "{}", SourceIdentity: "me" },
      "AKIAOWN",
    ]);
    assert.deepEqual([second?.[0].RoleArn, second?.[1]], ["arn:two", "ASIA-arn:one"]);
    assert.match(second?.[0].RoleSessionName ?? "", /^aws-go-sdk-\d{19}$/);
    assert.deepEqual(await (credentials as () => Promise<object>)(), {
      ...{ accessKeyId: "ASIA-arn:two", secretAccessKey: "s", sessionToken: "t" },
      expiration: expiration(60),
    });
  });

  it("share one session until it is about to end", async () => {
    let minutes = 60;
    let sessions = 0;
    const credentials = afterRoles(undefined, [{ roleArn: "arn:one" }], async () => answer(`${++sessions}`, minutes));
    assert.deepEqual(await Promise.all([keyOf(credentials), keyOf(credentials)]), ["1", "1"]);
    minutes = 4;
    assert.equal(await keyOf(credentials), "1");
    const short = afterRoles(undefined, [{ roleArn: "arn:one" }], async () => answer(`${++sessions}`, minutes));
    assert.deepEqual([await keyOf(short), await keyOf(short)], ["2", "3"]);
  });

  it("that cannot be assumed are named, and tried again", async () => {
    let refused = true;
    const credentials = afterRoles(undefined, [{ roleArn: "arn:one" }], async () => {
      if (refused) throw new Error("AccessDenied");
      return answer("1", 60);
    });
    await assert.rejects(keyOf(credentials), /^Error: IAM Role \(arn:one\) cannot be assumed: AccessDenied$/);
    refused = false;
    assert.equal(await keyOf(credentials), "1");
    const empty = afterRoles(undefined, [{ roleArn: "arn:one" }], async () => ({ $metadata: {} }));
    await assert.rejects(keyOf(empty), /expected credentials for arn:one in AWS's response, found none/);
  });
});
