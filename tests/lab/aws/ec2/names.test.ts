import assert from "node:assert/strict";
import { privateDnsName, publicDnsName } from "../../../../lab/aws/ec2/names";

describe("lab EC2: DNS names", () => {
  it("are AWS's, with the older form of us-east-1", () => {
    assert.equal(privateDnsName("eu-central-1", "172.20.45.37"), "ip-172-20-45-37.eu-central-1.compute.internal");
    assert.equal(privateDnsName("us-east-1", "172.20.45.37"), "ip-172-20-45-37.ec2.internal");
    assert.equal(publicDnsName("eu-central-1", "203.0.113.1"), "ec2-203-0-113-1.eu-central-1.compute.amazonaws.com");
    assert.equal(publicDnsName("us-east-1", "203.0.113.1"), "ec2-203-0-113-1.compute-1.amazonaws.com");
  });
});
