import assert from "node:assert/strict";
import fc from "fast-check";
import type { Account, TargetGroup } from "../../../../lab/aws/account";
import { describeTargets, judge, newTarget, servingTargets, targetsOf } from "../../../../lab/aws/elbv2/health";
import { seedAccount } from "../../../../lab/aws/seed";

const arn = "targets";
const group: TargetGroup = {
  ...{ arn, name: "", protocol: "TCP", port: 30443, vpcId: "", tags: {} },
  attributes: { "deregistration_delay.timeout_seconds": "30" },
  healthCheck: {
    ...{ protocol: "TCP", port: "traffic-port", interval: 10, timeout: 5 },
    ...{ healthyThreshold: 3, unhealthyThreshold: 2 },
  },
};

describe("lab ELB: how targets are", () => {
  const after = (answers: readonly boolean[]) =>
    answers.reduce((verdict, ok) => judge(group, verdict, ok), newTarget).state;

  it("changes after as many answers of one kind in a row as the group says", () => {
    assert.equal(after([]), "initial");
    assert.equal(after([true, true]), "initial");
    assert.equal(after([true, true, true]), "healthy");
    assert.equal(after([false, true, true]), "initial");
    assert.equal(after([false, false]), "unhealthy");
    assert.equal(after([true, true, true, false, true, false]), "healthy");
    assert.equal(after([true, true, true, false, false, true, true]), "unhealthy");
  });

  it("is what the last long enough row of answers says, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (answers) => {
        let expected = "initial";
        answers.forEach((ok, index) => {
          const length = ok ? group.healthCheck.healthyThreshold : group.healthCheck.unhealthyThreshold;
          const row = answers.slice(Math.max(0, index + 1 - length), index + 1);
          if (row.length === length && row.every((each) => each === ok)) expected = ok ? "healthy" : "unhealthy";
        });
        assert.equal(after(answers), expected);
      }),
    );
  });
});

describe("lab ELB: who serves", () => {
  let account: Account;
  const ids = (instances: { instanceId: string }[]): string[] => instances.map(({ instanceId }) => instanceId);
  const found = (...states: ("initial" | "healthy" | "unhealthy")[]): void => {
    account.targetHealth = states.map((state, index) => ({ targetGroupArn: arn, instanceId: `i-${index + 1}`, state }));
  };
  const described = (now: number, ...instanceIds: string[]): string[] =>
    describeTargets(account, group, { inUse: true, instanceIds, now }).map((each) =>
      [each.instanceId, each.state, each.reason ?? ""].join(" ").trim(),
    );

  beforeEach(() => {
    account = seedAccount({
      ...{ region: "eu-central-1", cluster: "k8s.example.com", subnetCidr: "172.20.32.0/19", publicIpPool: [] },
      instances: [1, 2].map((number) => ({
        ...{ instanceId: `i-${number}`, instanceType: "t3.medium", privateIp: `172.20.45.${number}`, role: "node" },
        macAddress: `02:00:00:00:00:0${number}`,
      })),
    });
    for (const each of account.autoScalingGroups ?? []) each.targetGroupArns = [arn];
  });

  it("everybody, where nobody asks", () => {
    assert.deepEqual(ids(servingTargets(account, arn)), ["i-1", "i-2"]);
    assert.deepEqual(described(0), ["i-1 healthy", "i-2 healthy"]);
  });

  it("the healthy ones; all, where none is", () => {
    found("unhealthy", "healthy");
    assert.deepEqual(ids(servingTargets(account, arn)), ["i-2"]);
    found("unhealthy", "initial");
    assert.deepEqual(ids(servingTargets(account, arn)), ["i-1", "i-2"]);
    assert.deepEqual(described(0), [
      "i-1 unhealthy Target.FailedHealthChecks",
      "i-2 initial Elb.InitialHealthChecking",
    ]);
  });

  it("nobody who was taken out: draining for as long as the group says, then none of its targets", () => {
    found("healthy", "healthy");
    account.deregisteredTargets = [{ targetGroupArn: arn, instanceId: "i-1", since: new Date(0).toISOString() }];
    assert.deepEqual(ids(targetsOf(account, arn)), ["i-2"]);
    assert.deepEqual(ids(servingTargets(account, arn)), ["i-2"]);
    assert.deepEqual(described(29_999), ["i-1 draining Target.DeregistrationInProgress", "i-2 healthy"]);
    assert.deepEqual(described(30_000), ["i-2 healthy"]);
    assert.deepEqual(described(30_000, "i-1", "i-9"), [
      "i-1 unused Target.NotRegistered",
      "i-9 unused Target.NotRegistered",
    ]);
  });

  it("only who runs, and nobody where no listener leads", () => {
    const [first] = account.instances;
    assert.ok(first);
    first.state = "stopped";
    assert.deepEqual(ids(servingTargets(account, arn)), ["i-2"]);
    assert.deepEqual(described(0), ["i-1 unused Target.InvalidState", "i-2 healthy"]);
    const unused = describeTargets(account, group, { inUse: false, instanceIds: [], now: 0 });
    assert.deepEqual([...new Set(unused.map(({ reason }) => reason))], ["Target.NotInUse"]);
  });
});
