import assert from "node:assert/strict";
import { regionOf } from "../../../operator/cli/iam";

describe("secondary-ingress iam: the Region", () => {
  it("is the flag's, or the one that the stack's AWS calls use", () => {
    assert.equal(regionOf("us-east-1", { region: "eu-central-1" }), "us-east-1");
    assert.equal(regionOf(undefined, { region: "eu-central-1" }), "eu-central-1");
  });

  it("must be known", () => {
    assert.throws(() => regionOf(undefined, {}), /^Error: --region: expected the Region .*AWS_DEFAULT_REGION/);
  });
});
