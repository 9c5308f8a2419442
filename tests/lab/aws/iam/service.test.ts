import assert from "node:assert/strict";
import { XMLParser } from "fast-xml-parser";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { otherCluster } from "../../../../lab/cloud/labAccount";
import { cluster, useEndpoint } from "../harness";

describe("lab IAM", () => {
  const lab = useEndpoint();
  let principal: string;
  beforeEach(() => {
    principal = "AKIATEST";
  });

  /** The answer's result, or its error. */
  async function ask(form: Record<string, string>, signed = true): Promise<{ status: number; body: unknown }> {
    const scope = `Credential=${principal}/20260101/us-east-1/iam/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=${"0".repeat(64)}`;
    const body = new URLSearchParams({ Version: "2010-05-08", ...form });
    const answer = await fetch(lab.url, { method: "POST", body, headers: signed ? { authorization } : {} });
    const document = new XMLParser({ ignoreDeclaration: true, parseTagValue: false, ignoreAttributes: true }).parse(
      await answer.text(),
    ) as Record<string, Record<string, unknown>>;
    const [members = {}] = Object.values(document);
    return { status: answer.status, body: members[`${form["Action"]}Result`] ?? members["Error"] };
  }
  const user = {
    Path: "/",
    UserName: "operator",
    UserId: "AIDALABOPERATOR000000",
    Arn: "arn:aws:iam::123456789012:user/operator",
    CreateDate: "2026-01-01T00:00:00Z",
  };

  it("GetUser: the caller, or the one that is named", async () => {
    assert.deepEqual(await ask({ Action: "GetUser" }), { status: 200, body: { User: user } });
    assert.deepEqual((await ask({ Action: "GetUser", UserName: "operator" })).body, { User: user });
    assert.deepEqual(await ask({ Action: "GetUser", UserName: "nobody" }), {
      status: 404,
      body: { Type: "Sender", Code: "NoSuchEntity", Message: "The user with name nobody cannot be found." },
    });
    assert.deepEqual(
      lab.calls.map(({ service, action, status }) => [service, action, status]),
      [
        ["iam", "GetUser", 200],
        ["iam", "GetUser", 200],
        ["iam", "GetUser", 404],
      ],
    );
  });

  it("GetUser: a role's session is no user", async () => {
    const { Credentials } = await lab.sts.send(
      new AssumeRoleCommand({ RoleArn: "arn:aws:iam::123456789012:role/Deployer", RoleSessionName: "ci-42" }),
    );
    principal = Credentials?.AccessKeyId ?? "";
    assert.deepEqual(await ask({ Action: "GetUser" }), {
      status: 400,
      body: {
        Type: "Sender",
        Code: "ValidationError",
        Message: "Must specify userName when calling with non-User credentials",
      },
    });
    assert.deepEqual((await ask({ Action: "GetUser", UserName: "operator" })).body, { User: user });
  });

  it("ListRoles: kOps' roles in the order of their names, by pages", async () => {
    const role = (name: string, number: number) => ({
      Path: "/",
      RoleName: `masters.${name}`,
      RoleId: `AROALABMASTERS000000${number}`,
      Arn: `arn:aws:iam::123456789012:role/masters.${name}`,
      CreateDate: "2026-01-01T00:00:00Z",
    });
    const [node] = lab.account.instances;
    assert(node);
    lab.account.instances.unshift({ ...node, tags: { KubernetesCluster: otherCluster } }, { ...node, tags: {} });
    lab.account.instances.push(structuredClone(node));
    const [first, second] = [role(cluster, 0), role(otherCluster, 1)];
    const page = async (form: Record<string, string>) => (await ask({ Action: "ListRoles", ...form })).body;
    assert.deepEqual(await page({}), { Roles: { member: [first, second] }, IsTruncated: "false" });
    assert.deepEqual(await page({ MaxItems: "2" }), { Roles: { member: [first, second] }, IsTruncated: "false" });
    const Marker = first.RoleName;
    assert.deepEqual(await page({ MaxItems: "1" }), { Roles: { member: first }, IsTruncated: "true", Marker });
    assert.deepEqual(await page({ Marker }), { Roles: { member: second }, IsTruncated: "false" });
    assert.equal((await ask({ Action: "ListRoles", MaxItems: "0" })).status, 400);
  });

  it("an unsigned call and an unknown one are refused", async () => {
    const unsigned = await ask({ Action: "GetUser" }, false);
    assert.equal(unsigned.status, 403);
    assert.equal((unsigned.body as { Code: string }).Code, "MissingAuthenticationToken");
    assert.equal(lab.calls.at(-1)?.service, "iam");
    const unknown = await ask({ Action: "DeleteUser" });
    assert.deepEqual([unknown.status, (unknown.body as { Code: string }).Code], [400, "InvalidAction"]);
  });
});
