import assert from "node:assert/strict";
import { replaceInstance } from "../../../lab/aws/replacement";
import { freshAccount, instanceId, primaryIp } from "./harness";

const next = {
  instanceId: "i-0a1b2c3d4e5f60002",
  primaryPrivateIp: "172.20.45.99",
  macAddress: "02:1b:7c:00:45:99",
  autoPublicIp: "198.51.100.99",
};
const elastic = (name: string, networkInterfaceId: string) => ({
  allocationId: `eipalloc-${name}`,
  publicIp: `203.0.113.${name.length}`,
  networkBorderGroup: "eu-central-1",
  publicIpv4Pool: "amazon",
  association: { associationId: `eipassoc-${name}`, networkInterfaceId, privateIpAddress: primaryIp },
  tags: {},
});

describe("lab Auto Scaling: a new instance in the place of a terminated one", () => {
  it("has kOps' tags, groups and type, a new interface and new addresses, and nothing that others attached", () => {
    const account = freshAccount();
    const [old] = account.instances;
    const [eni] = account.networkInterfaces;
    const [kops] = account.securityGroups;
    assert(old && eni && kops);
    old.launchTime = "2020-01-01T00:00:00.000Z";
    account.securityGroups.push({ ...kops, groupId: "sg-ours", tags: { "managed-by": "kops-secondary-ingress" } });
    eni.securityGroupIds.push("sg-ours");
    eni.privateIps.push({ privateIpAddress: "172.20.45.38", primary: false });
    const other = { ...structuredClone(eni), networkInterfaceId: "eni-other" };
    delete other.attachment;
    account.networkInterfaces.unshift(other);
    account.addresses.push(elastic("ours", eni.networkInterfaceId), elastic("theirs", "eni-other"));
    const before = structuredClone({ old, eni, other });

    replaceInstance(account, instanceId, next);

    const [first, second, ...more] = account.instances;
    assert.deepEqual(more, []);
    assert.deepEqual(first, { ...before.old, state: "terminated" });
    assert(second);
    assert.deepEqual(
      { ...second, launchTime: "" },
      { ...before.old, instanceId: next.instanceId, state: "running", launchTime: "" },
    );
    assert.ok(Date.now() - Date.parse(second.launchTime) < 60_000);
    const [made, left, ...others] = account.networkInterfaces;
    assert.deepEqual([left, others], [before.other, []]);
    assert(made?.attachment);
    assert.match(made.networkInterfaceId, /^eni-[0-9a-f]{17}$/);
    assert.match(made.attachment.attachmentId, /^eni-attach-[0-9a-f]{17}$/);
    assert.deepEqual(made, {
      ...before.eni,
      networkInterfaceId: made.networkInterfaceId,
      macAddress: next.macAddress,
      attachment: { attachmentId: made.attachment.attachmentId, instanceId: next.instanceId, deviceIndex: 0 },
      privateIps: [{ privateIpAddress: next.primaryPrivateIp, primary: true, autoPublicIp: next.autoPublicIp }],
      securityGroupIds: [kops.groupId],
    });
    assert.deepEqual(
      account.addresses.map(({ association }) => association?.associationId),
      [undefined, "eipassoc-theirs"],
    );
  });

  it("takes the place of a running one only", () => {
    const account = freshAccount();
    assert.throws(() => {
      replaceInstance(account, "i-0000000000000000", next);
    }, /expected a running instance i-0000000000000000, found none/);
    account.networkInterfaces = [];
    assert.throws(() => {
      replaceInstance(account, instanceId, next);
    }, /found none/);
  });
});
