import assert from "node:assert/strict";
import { zoneId } from "../../aws/harness";
import { failureOf } from "../plugin";
import { useCloud } from "./cloud";

const type = "aws:route53/record:Record";
const name = "app.example.com";
const base = { zoneId, name, type: "A" };
const values = { ...base, ttl: 60, records: ["203.0.113.10"] };
const weighted = (setIdentifier: string, weight: number) => ({
  ...values,
  setIdentifier,
  weightedRoutingPolicies: [{ weight }],
});
const alias = (more: object = {}) => ({
  ...base,
  aliases: [{ zoneId, name: "api.k8s.example.com", evaluateTargetHealth: true, ...more }],
});
const healthCheckType = "aws:route53/healthCheck:HealthCheck";
const healthCheck = { type: "TCP", ipAddress: "203.0.113.10", port: 443, requestInterval: 30, failureThreshold: 3 };

describe("lab plugin aws: Record with identifier, alias or health check", () => {
  const cloud = useCloud();
  const listed = () => (cloud.account.hostedZones[0]?.records ?? []).filter((record) => record.name === `${name}.`);
  let checkId: string;

  before(async () => void (checkId = (await cloud.plugin.create(healthCheckType, healthCheck)).id));
  afterEach(() => assert.deepEqual(listed(), []));

  it("weighted: made, read, changed and deleted without a touch to its neighbour", async () => {
    const [blue, green] = [weighted("blue_1", 10), weighted("green", 0)];
    const [one, two] = [await cloud.plugin.create(type, blue), await cloud.plugin.create(type, green)];
    assert.deepEqual([one.id, two.id], [`${zoneId}_${name}_A_blue_1`, `${zoneId}_${name}_A_green`]);
    const kept = { name: `${name}.`, type: "A", ttl: 60, values: ["203.0.113.10"] };
    assert.deepEqual(listed(), [
      { ...kept, setIdentifier: "blue_1", weight: 10 },
      { ...kept, setIdentifier: "green", weight: 0 },
    ]);
    assert.equal(cloud.parametersOf("ListResourceRecordSets")["maxitems"], "100");
    assert.deepEqual(await cloud.plugin.read(type, one.id, one.outputs, blue), { ...one, inputs: blue });
    assert.deepEqual(await cloud.plugin.read(type, two.id, two.outputs, green), { ...two, inputs: green });
    assert.deepEqual((await cloud.plugin.read(type, one.id)).inputs, blue);

    const news = weighted("blue_1", 255);
    const updated = await cloud.plugin.update(type, one.id, { outputs: one.outputs, inputs: blue }, news);
    assert.deepEqual(updated, { ...one.outputs, ...news });
    assert.deepEqual(
      listed().map(({ weight }) => weight),
      [0, 255],
    );
    await cloud.plugin.delete(type, one.id, updated);
    assert.deepEqual(listed(), [{ ...kept, setIdentifier: "green", weight: 0 }]);
    assert.equal((await cloud.plugin.read(type, one.id, updated, news)).id, "");
    await cloud.plugin.delete(type, two.id, two.outputs);
  });

  it("from simple to weighted and to another identifier in one batch, without a replacement", async () => {
    const { id, outputs } = await cloud.plugin.create(type, { ...values, healthCheckId: checkId });
    const blue = { ...weighted("blue", 1), healthCheckId: checkId };
    assert.deepEqual((await cloud.plugin.diff(type, values, blue)).replaces, []);
    const first = await cloud.plugin.update(type, id, { outputs, inputs: values }, blue);
    const batch = cloud.parametersOf("ChangeResourceRecordSets");
    const actions = [1, 2].map((index) => batch[`ChangeBatch.Changes.Change.${index}.Action`]);
    assert.deepEqual(actions, ["DELETE", "CREATE"]);
    const second = await cloud.plugin.update(type, id, { outputs: first, inputs: blue }, weighted("green", 2));
    assert.deepEqual(
      listed().map(({ setIdentifier, weight, healthCheckId }) => [setIdentifier, weight, healthCheckId]),
      [["green", 2, undefined]],
    );
    const other = await cloud.plugin.create(type, weighted("red", 3));
    const over = { ...weighted("red", 4), allowOverwrite: true };
    const { details } = await failureOf(
      cloud.plugin.update(type, id, { outputs: second, inputs: weighted("green", 2) }, weighted("red", 4)),
    );
    assert.match(details, /InvalidChangeBatch: .*set-identifier='red'.*already exists/);
    const third = await cloud.plugin.update(type, id, { outputs: second, inputs: weighted("green", 2) }, over);
    assert.deepEqual(
      listed().map(({ setIdentifier, weight }) => [setIdentifier, weight]),
      [["red", 4]],
    );
    await cloud.plugin.delete(type, id, third);
    await cloud.plugin.delete(type, other.id, other.outputs);
  });

  it("failover: a primary with its health check, which cannot go before it, and a secondary", async () => {
    const primary = {
      ...values,
      setIdentifier: "1",
      failoverRoutingPolicies: [{ type: "PRIMARY" }],
      healthCheckId: checkId,
    };
    const secondary = { ...values, setIdentifier: "2", failoverRoutingPolicies: [{ type: "SECONDARY" }] };
    const [one, two] = [await cloud.plugin.create(type, primary), await cloud.plugin.create(type, secondary)];
    assert.deepEqual(
      listed().map(({ failover, healthCheckId }) => [failover, healthCheckId]),
      [
        ["PRIMARY", checkId],
        ["SECONDARY", undefined],
      ],
    );
    assert.deepEqual(await cloud.plugin.read(type, one.id, one.outputs, primary), { ...one, inputs: primary });
    assert.deepEqual(await cloud.plugin.read(type, two.id, two.outputs, secondary), { ...two, inputs: secondary });
    const { details } = await failureOf(cloud.plugin.delete(healthCheckType, checkId, {}));
    assert.match(details, /^operation error Route 53: DeleteHealthCheck, .* api error HealthCheckInUse: /);
    for (const { id, outputs } of [one, two]) await cloud.plugin.delete(type, id, outputs);
  });

  it("an alias has no TTL and no values; its name may end in a dot", async () => {
    const asked = alias({ name: "API.k8s.example.com." });
    const { id, outputs } = await cloud.plugin.create(type, asked);
    assert.deepEqual(listed(), [
      {
        name: `${name}.`,
        type: "A",
        values: [],
        alias: { zoneId, name: "api.k8s.example.com.", evaluateTargetHealth: true },
      },
    ]);
    assert.deepEqual([outputs["ttl"], outputs["records"]], [undefined, undefined]);
    assert.deepEqual(await cloud.plugin.read(type, id, outputs, asked), { id, outputs, inputs: asked });
    assert.deepEqual((await cloud.plugin.read(type, id)).inputs, alias());

    const news = alias({ evaluateTargetHealth: false });
    const updated = await cloud.plugin.update(type, id, { outputs, inputs: asked }, news);
    assert.equal(listed()[0]?.alias?.evaluateTargetHealth, false);
    const back = await cloud.plugin.update(type, id, { outputs: updated, inputs: news }, values);
    assert.deepEqual([listed()[0]?.alias, listed()[0]?.ttl, back["aliases"]], [undefined, 60, undefined]);
    await cloud.plugin.delete(type, id, back);
  });

  it("sees what somebody else changed", async () => {
    const asked = { ...weighted("blue", 10), healthCheckId: checkId };
    const { id, outputs } = await cloud.plugin.create(type, asked);
    const [record] = listed();
    assert(record);
    record.weight = 0;
    delete record.healthCheckId;
    const { inputs } = await cloud.plugin.read(type, id, outputs, asked);
    assert.deepEqual(inputs, weighted("blue", 0));
    delete record.ttl;
    record.values = [];
    record.alias = { zoneId, name: "api.k8s.example.com.", evaluateTargetHealth: true };
    const now = await cloud.plugin.read(type, id, outputs, asked);
    const { setIdentifier, weightedRoutingPolicies } = weighted("blue", 0);
    assert.deepEqual(now.inputs, { ...alias(), setIdentifier, weightedRoutingPolicies });
    await cloud.plugin.delete(type, id, outputs);
  });

  it("a record of another identifier is not it", async () => {
    const { id, outputs } = await cloud.plugin.create(type, weighted("blue", 1));
    assert.equal((await cloud.plugin.read(type, id, { ...outputs, setIdentifier: "green" }, {})).id, "");
    assert.equal((await cloud.plugin.read(type, id, { ...outputs, setIdentifier: undefined }, {})).id, "");
    await cloud.plugin.delete(type, id, { ...outputs, setIdentifier: "green" });
    assert.equal(listed().length, 1);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("inputs that need or exclude one another", async () => {
    const faults = async (inputs: object) => (await cloud.plugin.check(type, { ...inputs })).failures;
    for (const fine of [values, alias(), weighted("blue", 1)]) assert.deepEqual(await faults(fine), {});
    const one = { records: "expected exactly one of `aliases` and `records`" };
    assert.deepEqual(await faults({ ...base, ttl: 60 }), one);
    assert.deepEqual(await faults({ ...values, ...alias() }), { ...one, ttl: "expected no `ttl` with `aliases`" });
    assert.deepEqual(await faults({ ...alias(), ttl: 60 }), { ttl: "expected no `ttl` with `aliases`" });
    const identifier = "expected a `setIdentifier` with it";
    assert.deepEqual(await faults({ ...weighted("", 1), setIdentifier: undefined }), {
      weightedRoutingPolicies: identifier,
    });
    const failoverRoutingPolicies = [{ type: "SECONDARY" }];
    assert.deepEqual(await faults({ ...values, failoverRoutingPolicies }), { failoverRoutingPolicies: identifier });
    assert.deepEqual(await faults({ ...weighted("blue", 1), failoverRoutingPolicies }), {
      failoverRoutingPolicies: "expected one routing policy",
    });
    const { details } = await failureOf(cloud.plugin.create(type, { ...values, ttl: undefined }));
    assert.match(details, /InvalidInput: .*all of \[TTL, and ResourceRecords\].*but found none/);
  });
});
