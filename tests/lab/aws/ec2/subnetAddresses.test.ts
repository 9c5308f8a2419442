import assert from "node:assert/strict";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { checkSubnetAddress, freeAddresses, subnetCapacity } from "../../../../lab/aws/ec2/subnetAddresses";

describe("addresses of a subnet", () => {
  // AWS allows subnets from /16 to /28.
  const subnet = fc
    .tuple(fc.ipV4(), fc.integer({ min: 16, max: 28 }))
    .map(([address, prefix]) => `${ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefix}`).toString()}/${prefix}`);
  const accepts = (cidrBlock: string, address: string): boolean => {
    try {
      checkSubnetAddress(cidrBlock, address);
      return true;
    } catch {
      return false;
    }
  };

  it("all but five can be assigned", () => {
    fc.assert(
      fc.property(subnet, (cidrBlock) => {
        const capacity = subnetCapacity(cidrBlock);
        assert.equal(capacity, 2 ** (32 - Number(cidrBlock.split("/")[1])) - 5);
        const all = freeAddresses(cidrBlock, [], 2 ** 16);
        assert.equal(new Set(all).size, capacity);
        assert(accepts(cidrBlock, all[0] ?? "") && accepts(cidrBlock, all.at(-1) ?? ""));
      }),
      { numRuns: 20 },
    );
  });

  it("free addresses are assignable and not among the taken ones", () => {
    fc.assert(
      fc.property(subnet, fc.nat(11), fc.nat(20), (cidrBlock, takenCount, count) => {
        const taken = freeAddresses(cidrBlock, [], takenCount);
        const free = freeAddresses(cidrBlock, taken, count);
        assert.equal(free.length, Math.min(count, subnetCapacity(cidrBlock) - takenCount));
        assert(free.every((address) => !taken.includes(address) && accepts(cidrBlock, address)));
      }),
    );
  });

  it("an address outside is refused", () => {
    fc.assert(
      fc.property(subnet, fc.ipV4(), (cidrBlock, address) => {
        const inside = ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(cidrBlock));
        if (!inside) assert.equal(accepts(cidrBlock, address), false);
      }),
    );
    for (const address of [
      "10.0.0.0",
      "10.0.0.3",
      "10.0.0.15",
      "10.0.0.16",
      "9.255.255.255",
      "10.0.0",
      "0xa000005",
      "",
    ])
      assert.equal(accepts("10.0.0.0/28", address), false, address);
    assert(accepts("10.0.0.0/28", "10.0.0.4") && accepts("10.0.0.0/28", "10.0.0.14"));
  });
});
