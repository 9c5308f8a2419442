import assert from "node:assert/strict";
import { connectionOf } from "../../../operator/cli/stack";

describe("how a stack's settings say to call AWS", () => {
  it("with roles, a profile and the endpoints of the services that are called", () => {
    const roles = [{ roleArn: "arn:aws:iam::123456789012:role/deploy" }];
    const endpoints = [{ ec2: "http://127.0.0.1:1", s3: "http://127.0.0.1:2" }, { sts: "http://127.0.0.1:3" }];
    assert.deepEqual(
      connectionOf({
        "aws:region": "eu-central-1",
        "aws:profile": "work",
        "aws:assumeRoles": JSON.stringify(roles),
        "aws:endpoints": JSON.stringify(endpoints),
      }),
      {
        region: "eu-central-1",
        profile: "work",
        endpoints: { ec2: "http://127.0.0.1:1", sts: "http://127.0.0.1:3" },
        assumeRoles: roles,
      },
    );
  });

  it("as the environment does, where they say nothing", () => {
    assert.deepEqual(connectionOf({}), {});
  });
});
