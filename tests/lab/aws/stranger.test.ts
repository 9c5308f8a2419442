import assert from "node:assert/strict";
import type { Account } from "../../../lab/aws/account";
import { leave, steal } from "../../../lab/aws/stranger";
import { freshAccount, primaryIp } from "./harness";

const secondaryIp = "172.20.45.38";

function accountWithSecondary(): Account {
  const account = freshAccount();
  const [eni] = account.networkInterfaces;
  assert(eni);
  eni.privateIps.push({ privateIpAddress: secondaryIp, primary: false });
  const tied = (privateIpAddress: string, allocationId: string) => ({
    allocationId,
    publicIp: "203.0.113.10",
    networkBorderGroup: "eu-central-1",
    publicIpv4Pool: "amazon",
    association: { associationId: "eipassoc-1", networkInterfaceId: eni.networkInterfaceId, privateIpAddress },
    tags: {},
  });
  account.addresses.push(tied(secondaryIp, "eipalloc-1"), tied(primaryIp, "eipalloc-2"));
  return account;
}

describe("lab: somebody who takes an address away", () => {
  it("has it and its Elastic IP on an interface of the same subnet; the rest stays", () => {
    const account = accountWithSecondary();
    const before = structuredClone(account);
    steal(account, secondaryIp);
    const [node, stranger, ...more] = account.networkInterfaces;
    assert(node && stranger);
    assert.deepEqual(more, []);
    assert.deepEqual(node.privateIps, [before.networkInterfaces[0]?.privateIps[0]]);
    assert.match(stranger.networkInterfaceId, /^eni-[0-9a-f]{17}$/);
    assert.deepEqual(stranger, {
      networkInterfaceId: stranger.networkInterfaceId,
      subnetId: node.subnetId,
      vpcId: node.vpcId,
      macAddress: "02:1b:7c:ff:00:01",
      description: "a stranger's",
      privateIps: [
        { privateIpAddress: "172.20.60.10", primary: true },
        { privateIpAddress: secondaryIp, primary: false },
      ],
      securityGroupIds: [],
      tags: {},
    });
    assert.deepEqual(
      account.addresses.map(({ association }) => association?.networkInterfaceId),
      [stranger.networkInterfaceId, node.networkInterfaceId],
    );
    steal(account, secondaryIp);
    assert.equal(account.networkInterfaces.length, 2, "what a stranger has is not stolen again");
  });

  it("has an address of its own for each theft", () => {
    const account = accountWithSecondary();
    account.networkInterfaces[0]?.privateIps.push({ privateIpAddress: "172.20.45.39", primary: false });
    steal(account, secondaryIp);
    steal(account, "172.20.45.39");
    assert.deepEqual(
      account.networkInterfaces.slice(1).map(({ privateIps }) => privateIps[0]?.privateIpAddress),
      ["172.20.60.10", "172.20.60.11"],
    );
  });

  it("takes neither a primary address nor one that nobody has", () => {
    const account = accountWithSecondary();
    const before = structuredClone(account);
    steal(account, primaryIp);
    steal(account, "172.20.45.77");
    assert.deepEqual(account, before);
  });

  it("goes, and what it had is free", () => {
    const account = accountWithSecondary();
    steal(account, secondaryIp);
    account.addresses.push({ ...structuredClone(account.addresses[0] ?? assert.fail()), allocationId: "eipalloc-3" });
    delete account.addresses[2]?.association;
    leave(account);
    assert.equal(account.networkInterfaces.length, 1);
    assert.deepEqual(
      account.addresses.map(({ association }) => association?.privateIpAddress),
      [undefined, primaryIp, undefined],
    );
  });
});
