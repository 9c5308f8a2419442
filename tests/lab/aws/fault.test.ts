import assert from "node:assert/strict";
import { AllocateAddressCommand, DescribeAddressesCommand } from "@aws-sdk/client-ec2";
import type { CallRecord } from "../../../lab/aws/callRecord";
import { type Fault, takeFault } from "../../../lab/aws/fault";
import { refuses, useEndpoint } from "./harness";

describe("takeFault", () => {
  const strike = (fault: Partial<Fault>): Fault => ({ action: "A", kind: "throttled", times: 1, ...fault });

  it("strikes its action as often as it says, and not oftener", () => {
    const faults = [strike({ times: 2 })];
    const struck = [1, 2, 3].map(() => takeFault(faults, "A", "k")?.kind);
    assert.deepEqual(struck, ["throttled", "throttled", undefined]);
    assert.equal(takeFault([strike({})], "B", "k"), undefined);
  });

  it("lets calls pass before", () => {
    const faults = [strike({ after: 2 })];
    assert.deepEqual(
      [1, 2, 3, 4].map(() => takeFault(faults, "A", "k")?.kind),
      [undefined, undefined, "throttled", undefined],
    );
  });

  it("strikes one caller only where it names one", () => {
    const faults = [strike({ principal: "AKIAONE" })];
    assert.equal(takeFault(faults, "A", "AKIATWO"), undefined);
    assert.equal(takeFault(faults, "A", "AKIAONE")?.kind, "throttled");
  });

  it("gives the next where one is used up", () => {
    const faults = [strike({}), strike({ kind: "stale" })];
    assert.deepEqual(
      [1, 2].map(() => takeFault(faults, "A", "k")?.kind),
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

  it("slow: the answer comes late", async () => {
    strike("slow", { milliseconds: 300 });
    const start = Date.now();
    await allocate();
    assert.ok(Date.now() - start >= 290);
    assert.equal(lab.account.addresses.length, 1);
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
      const { status, body } = await control("POST", "faults", '{"action":"A","kind":"typo"}');
      assert.equal(status, 400);
      assert.match(JSON.stringify(body), /throttled.*lost/);
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
