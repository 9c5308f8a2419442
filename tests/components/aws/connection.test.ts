import assert from "node:assert/strict";
import { principal } from "../../../components/aws/connection";

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
