import assert from "node:assert/strict";
import ipaddr from "ipaddr.js";
import { vpc } from "../../../lab/network/addresses";
import { identityOf } from "../../../lab/node/identity";
import { controlPlane, mostWorkers, worker } from "../../../lab/network/machines";

describe("lab machines", () => {
  const machines = [controlPlane, ...Array.from({ length: mostWorkers }, (_, index) => worker(index + 1))];
  const generations = [0, 1, 2, 99];
  const all = machines.flatMap((machine) => generations.map((generation) => identityOf(generation, machine)));

  it("no two instances share an id, a private address or a card", () => {
    for (const property of ["instanceId", "primaryPrivateIp", "macAddress"] as const)
      assert.equal(new Set(all.map((each) => each[property])).size, all.length, property);
  });

  it("no two machines of the same moment, nor a machine and its successor, share a public address", () => {
    const addresses = (generation: number): string[] =>
      machines.map((machine) => identityOf(generation, machine).autoPublicIp);
    for (const [now, next] of [
      [0, 1],
      [1, 2],
    ] as const)
      assert.equal(new Set([...addresses(now), ...addresses(next)]).size, 2 * machines.length);
  });

  it("all are in the subnet, with ids and cards as AWS has them", () => {
    const [network, bits] = ipaddr.IPv4.parseCIDR(vpc.subnet);
    for (const { instanceId, primaryPrivateIp, macAddress } of all) {
      assert.match(instanceId, /^i-[0-9a-f]{17}$/);
      assert.match(macAddress, /^02(:[0-9a-f]{2}){5}$/);
      assert.ok(ipaddr.IPv4.parse(primaryPrivateIp).match(network, bits), primaryPrivateIp);
    }
  });
});
