import assert from "node:assert/strict";
import { AllocateAddressCommand, DescribeAddressesCommand, ReleaseAddressCommand } from "@aws-sdk/client-ec2";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import type { CallRecord } from "../../../lab/aws/callRecord";
import { type Fault, takeFault } from "../../../lab/aws/fault";
import { refuses, useEndpoint } from "./harness";

describe("takeFault", () => {
  const strike = (fault: Partial<Fault>): Fault => ({ action: "A", kind: "throttled", times: 1, ...fault });

  const caller = { principal: "AKIAONE", arn: "arn:aws:sts::123456789012:assumed-role/Deployer/ci" };

  it("strikes its action as often as it says, and not oftener", () => {
    const faults = [strike({ times: 2 })];
    const struck = [1, 2, 3].map(() => takeFault(faults, "A", caller)?.kind);
    assert.deepEqual(struck, ["throttled", "throttled", undefined]);
    assert.equal(takeFault([strike({})], "B", caller), undefined);
  });

  it("lets calls pass before", () => {
    const faults = [strike({ after: 2 })];
    assert.deepEqual(
      [1, 2, 3, 4].map(() => takeFault(faults, "A", caller)?.kind),
      [undefined, undefined, "throttled", undefined],
    );
  });

  it("strikes one caller only where it names one, by key or by ARN", () => {
    for (const principal of [caller.principal, caller.arn]) {
      const faults = [strike({ principal })];
      assert.equal(takeFault(faults, "A", { principal: "AKIATWO", arn: "arn:other" }), undefined);
      assert.equal(takeFault(faults, "A", caller)?.kind, "throttled");
    }
  });

  it("counts the calls of that caller only", () => {
    const faults = [strike({ principal: caller.arn, after: 1 })];
    const other = { principal: "AKIATWO", arn: "arn:other" };
    assert.deepEqual(
      [other, caller, other, caller].map((each) => takeFault(faults, "A", each)?.kind),
      [undefined, undefined, undefined, "throttled"],
    );
  });

  it("gives the next where one is used up", () => {
    const faults = [strike({}), strike({ kind: "stale" })];
    assert.deepEqual(
      [1, 2].map(() => takeFault(faults, "A", caller)?.kind),
      ["throttled", "stale"],
    );
  });
});

describe("the endpoint's faults", () => {
  const lab = useEndpoint();
  const allocate = () => lab.ec2.send(new AllocateAddressCommand({}));
  const strike = (kind: Fault["kind"], more: Partial<Fault> = {}): void => {
    lab.faults.push({ action: "AllocateAddress", kind, times: 1, ...more });
  };
  const last = (): Pick<CallRecord, "status" | "error"> => {
    const { status, error } = lab.calls.at(-1) ?? { status: -1 };
    return { status, ...(error ? { error } : {}) };
  };

  it("internal: nothing is done, and the SDK may try again", async () => {
    strike("internal");
    await refuses(allocate(), "InternalError");
    assert.deepEqual(lab.account.addresses, []);
    assert.deepEqual(last(), { status: 500, error: "InternalError" });
  });

  it("dropped: the connection breaks and nothing is done", async () => {
    strike("dropped");
    await assert.rejects(allocate(), /socket hang up|ECONNRESET/);
    assert.deepEqual(lab.account.addresses, []);
    assert.deepEqual(last(), { status: 0, error: "ConnectionDropped" });
  });

  it("lost: the connection breaks and it is done all the same", async () => {
    strike("lost");
    await assert.rejects(allocate(), /socket hang up|ECONNRESET/);
    assert.equal(lab.account.addresses.length, 1);
    assert.deepEqual(last(), { status: 0, error: "AnswerLost" });
  });

  it("lost: what is asked again is done again, for EC2 cannot tell the two apart", async () => {
    strike("lost");
    const { AllocationId } = await lab.ec2With({ maxAttempts: 2 }).send(new AllocateAddressCommand({}));
    assert.equal(lab.account.addresses.length, 2);
    assert.equal(lab.account.addresses[1]?.allocationId, AllocationId);
  });

  it("lost: a refused call is lost like another, and nothing is done", async () => {
    lab.faults.push({ action: "ReleaseAddress", kind: "lost", times: 1 });
    const release = lab.ec2.send(new ReleaseAddressCommand({ AllocationId: "eipalloc-0" }));
    await assert.rejects(release, /socket hang up|ECONNRESET/);
    assert.deepEqual(lab.changes, []);
    assert.deepEqual(last(), { status: 0, error: "AnswerLost" });
  });

  it("slow: the answer comes late, after a second unless told", async () => {
    strike("slow", { milliseconds: 300 });
    strike("slow");
    const start = performance.now();
    const timed = async (): Promise<number> => {
      await allocate();
      return performance.now() - start;
    };
    const [first = 0, second = 0] = (await Promise.all([timed(), timed()])).toSorted((a, b) => a - b);
    assert.ok(first >= 290 && second >= 990 && second - first > 100, `${first} and ${second} ms`);
    assert.equal(lab.account.addresses.length, 2);
    assert.deepEqual(last(), { status: 200 });
  });

  it("of one caller: a role's session by its ARN, and nobody else", async () => {
    const RoleArn = "arn:aws:iam::123456789012:role/Deployer";
    const { Credentials, AssumedRoleUser } = await lab.sts.send(
      new AssumeRoleCommand({ RoleArn, RoleSessionName: "ci-42" }),
    );
    strike("unauthorized", { principal: AssumedRoleUser?.Arn });
    await allocate();
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? "",
      secretAccessKey: Credentials?.SecretAccessKey ?? "",
      sessionToken: Credentials?.SessionToken ?? "",
    };
    const session = lab.ec2With({ credentials });
    await refuses(session.send(new AllocateAddressCommand({})), "UnauthorizedOperation");
    await session.send(new AllocateAddressCommand({}));
    assert.equal(lab.account.addresses.length, 2);
  });

  describe("by a script", () => {
    const control = async (method: string, what: string, body?: string) => {
      const answer = await fetch(`${lab.url}/_lab/${what}`, { method, ...(body === undefined ? {} : { body }) });
      return { status: answer.status, body: (await answer.json()) as unknown };
    };

    it("are added, shown, used up and taken back", async () => {
      const fault = { action: "AllocateAddress", kind: "throttled", times: 1 };
      await control("POST", "faults", JSON.stringify(fault));
      await control("POST", "faults", JSON.stringify([{ action: "DescribeAddresses", kind: "internal" }]));
      assert.deepEqual(await control("GET", "faults"), {
        status: 200,
        body: [fault, { action: "DescribeAddresses", kind: "internal", times: 1 }],
      });
      await refuses(allocate(), "RequestLimitExceeded");
      assert.equal(((await control("GET", "faults")).body as unknown[]).length, 1);
      await control("DELETE", "faults");
      assert.deepEqual((await control("GET", "faults")).body, []);
      await lab.ec2.send(new DescribeAddressesCommand({}));
    });

    it("that cannot be are refused, and name what was expected", async () => {
      assert.equal((await control("POST", "faults", "not json")).status, 400);
      const post = (script: unknown) => control("POST", "faults", JSON.stringify(script));
      const { status, body } = await post({ action: "AllocateAddress", kind: "typo" });
      assert.equal(status, 400);
      assert.match(JSON.stringify(body), /throttled.*lost/);
      assert.deepEqual(await post([{ action: "DescribeAdresses", kind: "lost" }]), {
        status: 400,
        body: {
          error: "expected an action that the lab serves, found DescribeAdresses: did you mean DescribeAddresses?",
        },
      });
      assert.equal((await post({ action: "AllocateAddress", kind: "lost", times: 0 })).status, 400);
      assert.equal((await post({ action: "AllocateAddress", kind: "lost", colour: "red" })).status, 400);
      assert.deepEqual(lab.faults, []);
      assert.equal((await control("GET", "typo")).status, 404);
    });

    it("the calls so far are shown", async () => {
      await allocate();
      const { body } = await control("GET", "calls");
      assert.deepEqual(
        (body as CallRecord[]).map(({ action, status }) => [action, status]),
        [["AllocateAddress", 200]],
      );
    });
  });
});
