import assert from "node:assert/strict";
import { failureOf } from "../plugin";
import { useCloud } from "./cloud";

const type = "aws:ec2/eipAssociation:EipAssociation";

describe("lab plugin aws: EipAssociation", () => {
  const cloud = useCloud();
  let allocationId: string;
  before(async () => void (allocationId = (await cloud.plugin.create("aws:ec2/eip:Eip", { domain: "vpc" })).id));
  const inputs = (more: object = {}) => ({ allocationId, networkInterfaceId: cloud.eniId, ...more });

  it("is made, read and undone by the calls of the official plugin", async () => {
    const asked = inputs({ privateIpAddress: "172.20.45.37" });
    const { id, outputs } = await cloud.plugin.create(type, asked);
    assert.deepEqual(cloud.calls(), ["AssociateAddress", "DescribeAddresses", "DescribeAddresses"]);
    assert.equal(cloud.parametersOf("DescribeAddresses")["Filter.1.Name"], "association-id");
    assert.equal(outputs["publicIp"], cloud.account.addresses[0]?.publicIp);
    const read = await cloud.plugin.read(type, id, outputs, asked);
    assert.deepEqual(cloud.calls(), ["DescribeAddresses"]);
    assert.deepEqual(read, { id, outputs, inputs: asked });
    await cloud.plugin.delete(type, id, outputs);
    assert.deepEqual(cloud.calls(), ["DisassociateAddress"]);
    assert.equal((await cloud.plugin.read(type, id, outputs, asked)).id, "");
    await cloud.plugin.delete(type, id, outputs);
  });

  it("never says false, so AWS takes the address from wherever it is", async () => {
    const first = await cloud.plugin.create(type, inputs({ allowReassociation: false }));
    assert.equal(cloud.parametersOf("AssociateAddress")["AllowReassociation"], undefined);
    const again = await cloud.plugin.create(type, inputs({ allowReassociation: true }));
    assert.equal(cloud.parametersOf("AssociateAddress")["AllowReassociation"], "true");
    const read = await cloud.plugin.read(type, again.id, again.outputs, inputs({ allowReassociation: true }));
    assert.equal(read.inputs["allowReassociation"], true);
    for (const { id, outputs } of [first, again]) await cloud.plugin.delete(type, id, outputs);
  });

  it("leaves what AWS chose out of its inputs, but not what the program named", async () => {
    const { id, outputs } = await cloud.plugin.create(type, inputs());
    assert.equal(outputs["privateIpAddress"], "172.20.45.37");
    assert.deepEqual((await cloud.plugin.read(type, id, outputs, inputs())).inputs, inputs());
    const other = inputs({ privateIpAddress: "172.20.45.99" });
    const drifted = await cloud.plugin.read(type, id, outputs, other);
    assert.equal(drifted.inputs["privateIpAddress"], "172.20.45.37");
    assert.deepEqual((await cloud.plugin.diff(type, drifted.inputs, other)).replaces, ["privateIpAddress"]);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("waits for a fresh association that reads do not show yet", async () => {
    cloud.faults.push({ action: "DescribeAddresses", kind: "stale", times: 1 });
    const { id, outputs } = await cloud.plugin.create(type, inputs());
    assert.equal(outputs["publicIp"], cloud.account.addresses[0]?.publicIp);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("refuses an id of another kind", async () => {
    assert.match((await failureOf(cloud.plugin.read(type, "203.0.113.10"))).details, /expected an association id/);
  });
});
