import assert from "node:assert/strict";
import { regionOf } from "../../../operator/cli/iam";

describe("secondary-ingress iam: the Region", () => {
  const env = { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-2" };

  it("is the flag's, the setting's, or the environment's, in this order", () => {
    assert.equal(regionOf("us-east-1", "eu-central-1", env), "us-east-1");
    assert.equal(regionOf(undefined, "eu-central-1", env), "eu-central-1");
    assert.equal(regionOf(undefined, undefined, env), "eu-west-1");
    assert.equal(regionOf(undefined, undefined, { AWS_DEFAULT_REGION: "eu-west-2" }), "eu-west-2");
  });

  it("must be known", () => {
    assert.throws(
      () => regionOf(undefined, undefined, {}),
      /^Error: --region: expected the Region .*AWS_DEFAULT_REGION/,
    );
  });
});
