import assert from "node:assert/strict";
import { vpcRanges } from "../../../components/aws/vpcRanges";
import { withEndpoint } from "../../support/endpoint";

describe("vpcRanges", () => {
  it("are those of the VPC, by one call", () =>
    withEndpoint(async ({ account }) => {
      const [vpc] = account.vpcs;
      assert.ok(vpc);
      assert.deepEqual(await vpcRanges({ region: "eu-central-1" }, vpc.vpcId), [vpc.cidrBlock]);
    }));

  it("of a VPC that is not there are an error", () =>
    withEndpoint(() => assert.rejects(vpcRanges({}, "vpc-00000000000000000"), /InvalidVpcID.NotFound|does not exist/)));
});
