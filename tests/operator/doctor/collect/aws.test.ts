import assert from "node:assert/strict";
import { askAws } from "../../../../operator/doctor/collect/aws";
import { node } from "../../../support/account";
import { outputs } from "../../../dns/support";
import { onEndpoint } from "../../../support/endpoint";
import { isUnknown } from "../../../../operator/doctor/unknown";

describe("doctor's look at AWS", () => {
  const { instanceId, autoPublicIp, primaryPrivateIp } = node;
  const endpoint = onEndpoint();
  const look = (change: object = {}) =>
    askAws({}, outputs({ instanceId, apiPublicIp: autoPublicIp, networkInterfaceId: eni(), ...change }), "p/prod");
  const eni = (): string => endpoint().endpoint.account.networkInterfaces[0]?.networkInterfaceId ?? "";

  it("has every part", async () => {
    const facts = await look();
    for (const [part, value] of Object.entries(facts)) assert.ok(!isUnknown(value), part);
    assert.equal(facts.instanceState, "running");
    assert.deepEqual(facts.networkInterface, {
      attachedTo: instanceId,
      privateIps: [primaryPrivateIp],
      publicIp: autoPublicIp,
      elastic: false,
    });
  });

  for (const [action, times, parts] of [
    ["DescribeAddresses", 1, ["elasticIps"]],
    ["DescribeInstances", 2, ["instanceState", "controlPlane"]],
    ["DescribeSecurityGroupRules", 1, ["reachedBy"]],
    ["DescribeNetworkInterfaces", 1, ["networkInterface", "reachedBy", "route"]],
    ["DescribeRouteTables", 1, ["route"]],
  ] as const)
    it(`loses to a denied ${action} what it answers, and nothing else`, async () => {
      endpoint().faults.push({ action, kind: "unauthorized", times });
      const facts = await look();
      const unknown = Object.entries(facts).filter(([, value]) => isUnknown(value));
      assert.deepEqual(unknown.map(([part]) => part).sort(), [...parts].sort());
      for (const [, value] of unknown) assert.match((value as { because: string }).because, /UnauthorizedOperation/);
    });

  it("tells what is not there from what cannot be seen", async () => {
    const facts = await look({ instanceId: "i-0123456789abcdef0", networkInterfaceId: "eni-0123456789abcdef0" });
    assert.equal(facts.instanceState, "");
    assert.equal(facts.networkInterface, undefined);
  });
});
