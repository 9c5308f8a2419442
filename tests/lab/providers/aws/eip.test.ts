import assert from "node:assert/strict";
import { failureOf, partlyCreated, unknown } from "../plugin";
import { useCloud } from "./cloud";

const type = "aws:ec2/eip:Eip";
const inputs = { domain: "vpc", tags: { Name: "ingress" } };

describe("lab plugin aws: Eip", () => {
  const cloud = useCloud();
  const create = () => cloud.plugin.create(type, inputs);

  it("is made, read and released by the calls of the official plugin", async () => {
    const { id, outputs } = await create();
    assert.deepEqual(cloud.calls(), [
      ...["AllocateAddress", "DescribeAddresses", "DescribeAddresses", "DescribeAddressesAttribute"],
    ]);
    const allocate = cloud.parametersOf("AllocateAddress");
    assert.equal(allocate["Domain"], "vpc");
    assert.equal(allocate["TagSpecification.1.ResourceType"], "elastic-ip");
    const [address] = cloud.account.addresses;
    assert.equal(id, address?.allocationId);
    assert.equal(outputs["allocationId"], id);
    assert.equal(outputs["publicIp"], address?.publicIp);
    assert.equal(outputs["arn"], `arn:aws:ec2:eu-central-1:${cloud.account.accountId}:elastic-ip/${id}`);
    assert.deepEqual([outputs["tags"], outputs["tagsAll"]], [inputs.tags, inputs.tags]);

    const read = await cloud.plugin.read(type, id, outputs, inputs);
    assert.deepEqual(cloud.calls(), ["DescribeAddresses", "DescribeAddressesAttribute"]);
    assert.deepEqual(read, { id, outputs, inputs });

    await cloud.plugin.delete(type, id, outputs);
    assert.deepEqual(cloud.calls(), ["ReleaseAddress"]);
    assert.equal(cloud.parametersOf("ReleaseAddress")["NetworkBorderGroup"], "eu-central-1");
    assert.deepEqual(cloud.account.addresses, []);
    assert.equal((await cloud.plugin.read(type, id, outputs, inputs)).id, "");
    await cloud.plugin.delete(type, id, outputs);
  });

  it("waits for a fresh address that reads do not show yet", async () => {
    cloud.faults.push({ action: "DescribeAddresses", kind: "stale", times: 2 });
    const { id, outputs } = await create();
    assert.equal(cloud.calls().filter((call) => call === "DescribeAddresses").length, 4);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("keeps an address that cannot be read in the state, for it costs money", async () => {
    cloud.faults.push({ action: "DescribeAddressesAttribute", kind: "unauthorized", times: 1 });
    const failure = await failureOf(create());
    const { id, outputs, reasons } = partlyCreated(failure);
    assert.equal(id, cloud.account.addresses[0]?.allocationId);
    assert.equal(outputs["publicIp"], cloud.account.addresses[0]?.publicIp);
    const text =
      /^operation error EC2: DescribeAddressesAttribute, https response error StatusCode: 403, RequestID: \S+, api error UnauthorizedOperation: /;
    assert.match(failure.details, text);
    assert.match(reasons[0] ?? "", text);
    const recovered = await cloud.plugin.update(type, id, { outputs, inputs }, inputs);
    assert.equal(recovered["publicIp"], outputs["publicIp"]);
    await cloud.plugin.delete(type, id, outputs);
    assert.deepEqual(cloud.account.addresses, []);
  });

  it("gives AWS's error code when the quota is used up, and survives throttling", async () => {
    cloud.faults.push({ action: "AllocateAddress", kind: "throttled", times: 2 });
    const made = [];
    for (let count = 0; count < 5; count++) made.push(await create());
    const { details } = await failureOf(create());
    assert.match(details, /^operation error EC2: AllocateAddress, .* api error AddressLimitExceeded: /);
    for (const { id, outputs } of made) await cloud.plugin.delete(type, id, outputs);
  });

  it("changes tags in place and sees tags that somebody else changed", async () => {
    const { id, outputs } = await create();
    cloud.calls();
    const news = { domain: "vpc", tags: { Owner: "us" } };
    const updated = await cloud.plugin.update(type, id, { outputs, inputs }, news);
    assert.deepEqual(cloud.calls(), ["DeleteTags", "CreateTags", "DescribeAddresses", "DescribeAddressesAttribute"]);
    assert.deepEqual(cloud.account.addresses[0]?.tags, { Owner: "us" });
    assert.deepEqual(updated["tags"], { Owner: "us" });

    cloud.account.addresses[0].tags = {};
    const read = await cloud.plugin.read(type, id, updated, news);
    assert.deepEqual(read.inputs, { domain: "vpc" });
    assert.equal(read.outputs["tags"], undefined);
    await cloud.plugin.delete(type, id, updated);
  });

  it("is imported by its id, which must be of the VPC kind", async () => {
    const { id, outputs } = await create();
    const { networkBorderGroup, publicIpv4Pool } = outputs;
    const read = await cloud.plugin.read(type, id);
    assert.deepEqual(read.inputs, { ...inputs, networkBorderGroup, publicIpv4Pool });
    assert.deepEqual(read.outputs, outputs);
    const { details } = await failureOf(cloud.plugin.read(type, "203.0.113.10"));
    assert.match(details, /expected an allocation id .* retirement of EC2-Classic/);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("is disassociated before it is released", async () => {
    const { id, outputs } = await create();
    const association = await cloud.plugin.create("aws:ec2/eipAssociation:EipAssociation", {
      allocationId: id,
      networkInterfaceId: cloud.eniId,
    });
    const read = await cloud.plugin.read(type, id, outputs, inputs);
    assert.equal(read.outputs["associationId"], association.id);
    assert.deepEqual(read.inputs, inputs);
    cloud.calls();
    await cloud.plugin.delete(type, id, read.outputs);
    assert.deepEqual(cloud.calls(), ["DisassociateAddress", "ReleaseAddress"]);
  });

  it("knows in a preview what an update leaves as it is", async () => {
    const { outputs: planned } = await cloud.plugin.create(type, inputs, { preview: true });
    assert.deepEqual([planned["publicIp"], planned["domain"]], [unknown, "vpc"]);
    const state = { ...inputs, allocationId: "eipalloc-1", tagsAll: inputs.tags };
    const news = { domain: "vpc" };
    const updated = await cloud.plugin.update(type, "eipalloc-1", { outputs: state, inputs }, news, { preview: true });
    assert.deepEqual(updated, { domain: "vpc", allocationId: "eipalloc-1", tagsAll: unknown });
    assert.deepEqual(cloud.calls(), []);
    assert.deepEqual((await cloud.plugin.diff(type, inputs, news)).replaces, []);
    assert.deepEqual((await cloud.plugin.diff(type, inputs, { ...news, networkBorderGroup: "eu-west-1" })).replaces, [
      "networkBorderGroup",
    ]);
    assert.deepEqual((await cloud.plugin.diff(type, { ...inputs, publicIpv4Pool: "amazon" }, news)).replaces, []);
  });
});
