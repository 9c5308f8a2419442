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

  it("are those that were added later too, unless they are going", () =>
    withEndpoint(async ({ account }) => {
      const [vpc] = account.vpcs;
      assert.ok(vpc);
      vpc.moreCidrBlocks = [
        { cidrBlock: "100.64.0.0/16", state: "associated" },
        { cidrBlock: "100.65.0.0/16", state: "disassociating" },
      ];
      assert.deepEqual(await vpcRanges({ region: "eu-central-1" }, vpc.vpcId), [vpc.cidrBlock, "100.64.0.0/16"]);
    }));

  it("of a VPC that is not there are an error", () =>
    withEndpoint(() => assert.rejects(vpcRanges({}, "vpc-00000000000000000"), /InvalidVpcID.NotFound|does not exist/)));
});
