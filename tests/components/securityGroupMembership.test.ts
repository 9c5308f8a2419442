import assert from "node:assert/strict";
import {
  securityGroupMembershipProvider as provider,
  type SecurityGroupMembershipInputs,
  type SecurityGroupMembershipState,
} from "../../components/securityGroupMembership";
import type { NetworkInterface } from "../support/account";
import { onEndpoint } from "../support/endpoint";

const ours = "sg-0aaaaaaaaaaaaaaaa";
const operator = "arn:aws:iam::123456789012:user/operator";

describe("SecurityGroupMembership", function () {
  const at = onEndpoint();
  const eni = (): NetworkInterface => {
    const [found] = at().endpoint.account.networkInterfaces;
    assert.ok(found);
    return found;
  };
  const made = (action: string): number => at().calls.filter((call) => call.action === action).length;
  const inputs = (change: Partial<SecurityGroupMembershipInputs> = {}): SecurityGroupMembershipInputs => ({
    networkInterfaceId: eni().networkInterfaceId,
    securityGroupId: ours,
    connection: {},
    caller: operator,
    ...change,
  });
  const create = async (
    change: Partial<SecurityGroupMembershipInputs> = {},
  ): Promise<{ id: string; outs: SecurityGroupMembershipState }> => {
    const { id, outs } = await provider.create(inputs(change));
    assert.ok(outs);
    return { id, outs };
  };
  let kopsGroups: string[];
  beforeEach(() => {
    const { account } = at().endpoint;
    account.securityGroups.push({
      ...structuredClone(account.securityGroups[0]),
      groupId: ours,
      groupName: "ours",
    } as (typeof account.securityGroups)[number]);
    kopsGroups = [...eni().securityGroupIds];
  });

  it("finds the group that the launch template has brought, changes nothing, and delete takes it off", async () => {
    eni().securityGroupIds = [ours, ...kopsGroups];
    const { id, outs } = await create();
    assert.equal(made("ModifyNetworkInterfaceAttribute"), 0);
    await provider.delete?.(id, outs);
    assert.deepEqual(eni().securityGroupIds, kopsGroups);
  });

  it("puts the group on an interface whose manifest did not name it, after those that are there", async () => {
    const { id, outs } = await create();
    assert.deepEqual(eni().securityGroupIds, [...kopsGroups, ours]);
    await provider.delete?.(id, outs);
    assert.deepEqual(eni().securityGroupIds, kopsGroups);
  });

  it("sees at a refresh that somebody has taken the group off, and puts it back at the next update", async () => {
    const { id, outs } = await create();
    assert.deepEqual((await provider.diff?.(id, outs, inputs()))?.changes, false);
    eni().securityGroupIds = kopsGroups;
    const seen = await provider.read?.(id, outs);
    assert.equal(seen?.props?.member, false);
    const diff = await provider.diff?.(id, seen.props, inputs());
    assert.deepEqual([diff?.changes, diff?.replaces], [true, []]);
    assert.equal((await provider.update?.(id, seen.props, inputs()))?.outs?.member, true);
    assert.deepEqual(eni().securityGroupIds, [...kopsGroups, ours]);
  });

  it("goes with its interface, and is another one on another", async () => {
    const { id, outs } = await create();
    const gone = { ...outs, networkInterfaceId: "eni-0123456789abcdef0" };
    assert.equal((await provider.read?.(id, gone))?.id, "");
    await assert.doesNotReject(provider.delete?.(id, gone) ?? Promise.resolve());
    for (const key of ["networkInterfaceId", "securityGroupId"] as const)
      assert.deepEqual((await provider.diff?.(id, outs, inputs({ [key]: "other" })))?.replaces, [key]);
    await assert.rejects(create({ networkInterfaceId: "eni-0123456789abcdef0" }), /found none of that id/);
  });

  it("leaves the last group where it is, and says why", async () => {
    const { id, outs } = await create();
    eni().securityGroupIds = [ours];
    await assert.rejects(provider.delete?.(id, outs) ?? Promise.resolve(), /AWS leaves no interface without one/);
    assert.deepEqual(eni().securityGroupIds, [ours]);
  });

  it("does nothing as somebody else", async () => {
    await assert.rejects(create({ caller: "arn:aws:iam::123456789012:user/another" }), /expected to call AWS as/);
    assert.deepEqual(eni().securityGroupIds, kopsGroups);
  });
});
