import assert from "node:assert/strict";
import { zoneId } from "../../aws/harness";
import { failureOf } from "../plugin";
import { useCloud } from "./cloud";

const type = "aws:route53/record:Record";

describe("lab plugin aws: Record", () => {
  const cloud = useCloud();
  const inputs = (more: object = {}) => ({
    zoneId,
    name: "app.example.com",
    type: "A",
    ttl: 60,
    records: ["203.0.113.10"],
    ...more,
  });
  const listed = (name = "app.example.com.") =>
    cloud.account.hostedZones[0]?.records.find((record) => record.name === name);

  it("is made, read and deleted by the calls of the official plugin", async () => {
    const { id, outputs } = await cloud.plugin.create(type, inputs());
    const calls = cloud.calls();
    assert.deepEqual(
      [...new Set(calls)],
      [...["GetHostedZone", "ChangeResourceRecordSets", "GetChange", "ListResourceRecordSets"]],
    );
    assert.equal(id, `${zoneId}_app.example.com_A`);
    assert.equal(outputs["fqdn"], "app.example.com");
    assert.deepEqual(listed()?.values, ["203.0.113.10"]);
    const read = await cloud.plugin.read(type, id, outputs, inputs());
    assert.deepEqual(cloud.calls(), ["GetHostedZone", "ListResourceRecordSets"]);
    assert.deepEqual(read, { id, outputs, inputs: inputs() });
    await cloud.plugin.delete(type, id, outputs);
    assert.deepEqual(cloud.calls().slice(0, 3), [
      "GetHostedZone",
      "ListResourceRecordSets",
      "ChangeResourceRecordSets",
    ]);
    assert.equal(listed(), undefined);
    assert.equal((await cloud.plugin.read(type, id, outputs, inputs())).id, "");
    await cloud.plugin.delete(type, id, outputs);
  });

  it("refuses a name that is taken, unless it may overwrite", async () => {
    const first = await cloud.plugin.create(type, inputs());
    const { details } = await failureOf(cloud.plugin.create(type, inputs()));
    assert.match(
      details,
      /^operation error Route 53: ChangeResourceRecordSets, .*InvalidChangeBatch: .*already exists/,
    );
    const over = inputs({ records: ["203.0.113.11"], allowOverwrite: true });
    const second = await cloud.plugin.create(type, over);
    assert.deepEqual(listed()?.values, ["203.0.113.11"]);
    assert.deepEqual((await cloud.plugin.read(type, second.id, second.outputs, over)).inputs, over);
    await cloud.plugin.delete(type, first.id, first.outputs);
    assert.equal(listed(), undefined);
  });

  it("is updated in place, and by one batch when its type changes", async () => {
    const { id, outputs } = await cloud.plugin.create(type, inputs());
    const news = inputs({ ttl: 300, records: ["203.0.113.12", "203.0.113.11"] });
    const updated = await cloud.plugin.update(type, id, { outputs, inputs: inputs() }, news);
    assert.deepEqual([listed()?.ttl, listed()?.values], [300, ["203.0.113.12", "203.0.113.11"]]);
    assert.deepEqual((await cloud.plugin.diff(type, inputs(), news)).replaces, []);
    const text = inputs({ type: "TXT", records: ["moved"] });
    const retyped = await cloud.plugin.update(type, id, { outputs: updated, inputs: news }, text);
    assert.deepEqual(listed()?.values, ['"moved"']);
    assert.deepEqual((await cloud.plugin.diff(type, inputs(), inputs({ name: "b.example.com" }))).replaces, ["name"]);
    await cloud.plugin.delete(type, id, retyped);
    assert.equal(listed(), undefined);
  });

  it("sees values that somebody else set, and no difference in their order", async () => {
    const asked = inputs({ records: ["203.0.113.11", "203.0.113.10"] });
    const { id, outputs } = await cloud.plugin.create(type, asked);
    const record = listed();
    assert(record);
    record.values = ["203.0.113.10", "203.0.113.11"];
    assert.deepEqual((await cloud.plugin.read(type, id, outputs, asked)).inputs, asked);
    record.values = ["203.0.113.99"];
    assert.deepEqual((await cloud.plugin.read(type, id, outputs, asked)).inputs["records"], ["203.0.113.99"]);
    await cloud.plugin.delete(type, id, outputs);
    assert.equal(listed(), undefined);
  });

  it("takes a relative name, a wildcard and a dot at the end as the zone's own names", async () => {
    for (const [name, full] of [
      ["www", "www.example.com"],
      ["*.example.com", "*.example.com"],
      ["Dot.example.com.", "dot.example.com"],
      ["example.com", "example.com"],
    ] as const) {
      const asked = inputs({ name });
      const { id, outputs } = await cloud.plugin.create(type, asked);
      assert.equal(outputs["fqdn"], full);
      assert.deepEqual(await cloud.plugin.read(type, id, outputs, asked), { id, outputs, inputs: asked });
      await cloud.plugin.delete(type, id, outputs);
    }
  });

  it("is imported by zone, name and type", async () => {
    const asked = inputs({ name: "_a_b.example.com", type: "TXT", records: ["v", 'two" "strings'] });
    const { id, outputs } = await cloud.plugin.create(type, asked);
    assert.deepEqual(listed("_a_b.example.com.")?.values, ['"v"', '"two" "strings"']);
    assert.deepEqual((await cloud.plugin.read(type, id)).inputs, asked);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("names the zone that is not there", async () => {
    const { details } = await failureOf(cloud.plugin.create(type, inputs({ zoneId: "ZNONE" })));
    assert.match(details, /GetHostedZone, .*NoSuchHostedZone/);
  });
});
