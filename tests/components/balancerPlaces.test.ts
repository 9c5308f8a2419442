import assert from "node:assert/strict";
import { choosePlaces, type PlaceArgs } from "../../components/balancerPlaces";

const args: PlaceArgs = {
  zones: [
    { zone: "b", subnetIds: ["subnet-b1", "subnet-b2"] },
    { zone: "c", subnetIds: ["subnet-c1"] },
  ],
  keepAddress: true,
  owners: ["p/prod"],
  nameOf: (purpose) => `p-prod-${purpose}`,
};
const address = (purpose: string, subnetId: string) => ({
  Tags: [
    { Key: "Name", Value: `p-prod-${purpose}` },
    { Key: "kops-secondary-ingress:subnet", Value: subnetId },
  ],
});
const inWords = (change: Partial<PlaceArgs> = {}, ...own: Parameters<typeof choosePlaces>[1]): string[] =>
  choosePlaces({ ...args, ...change }, own).map(({ subnetId, purpose }) => `${subnetId} ${purpose}`);

describe("choosePlaces", () => {
  it("takes the first subnet of each zone, and the kept address for the first zone", () => {
    assert.deepEqual(inWords(), ["subnet-b1 ingress", "subnet-c1 balancer-c"]);
    assert.deepEqual(inWords({ keepAddress: false }), ["subnet-b1 balancer-b", "subnet-c1 balancer-c"]);
  });

  it("leaves the kept address in its zone, where another zone comes that sorts before it", () => {
    const zones = [{ zone: "a", subnetIds: ["subnet-a1"] }, ...args.zones];
    assert.deepEqual(inWords({ zones }, address("ingress", "subnet-b1"), address("balancer-c", "subnet-c1")), [
      "subnet-b1 ingress",
      "subnet-a1 balancer-a",
      "subnet-c1 balancer-c",
    ]);
  });

  it("stays in its subnets, where others come that sort before them", () => {
    assert.deepEqual(inWords({ keepAddress: false }, address("balancer-b", "subnet-b2")), [
      "subnet-b2 balancer-b",
      "subnet-c1 balancer-c",
    ]);
  });

  it("goes elsewhere, where its zone or subnet is gone", () => {
    const own = [address("ingress", "subnet-a1"), address("balancer-c", "subnet-c0")];
    assert.deepEqual(inWords({}, ...own), ["subnet-b1 ingress", "subnet-c1 balancer-c"]);
  });
});
