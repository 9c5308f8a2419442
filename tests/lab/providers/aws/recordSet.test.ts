import assert from "node:assert/strict";
import fc from "fast-check";
import { recordProperties, recordSet } from "../../../../lab/providers/aws/recordSet";
import type { Properties } from "../../../../lab/providers/resource";

/** What a record set says when it comes back as it was sent. */
const readBack = (properties: Properties, outputs: Properties = {}): Properties =>
  JSON.parse(JSON.stringify(recordProperties(recordSet("app.example.com", properties), outputs))) as Properties;

describe("lab plugin aws: a record's properties", () => {
  const block = <T>(value: fc.Arbitrary<T>) => fc.option(fc.tuple(value), { nil: undefined });
  const common = {
    weightedRoutingPolicies: block(fc.record({ weight: fc.integer({ min: 0, max: 255 }) })),
    failoverRoutingPolicies: block(fc.record({ type: fc.constantFrom("PRIMARY", "SECONDARY") })),
    healthCheckId: fc.option(fc.uuid(), { nil: undefined }),
  };
  const plain = (properties: Properties): Properties => JSON.parse(JSON.stringify(properties)) as Properties;

  it("come back as they were given, values and texts alike", () => {
    const values = fc.record({
      ...common,
      type: fc.constantFrom("A", "TXT", "SPF"),
      ttl: fc.nat(),
      records: fc.array(fc.string(), { minLength: 1 }),
    });
    fc.assert(
      fc.property(values, ({ type, ...given }) => {
        assert.deepEqual(readBack({ type, ...given }), plain(given));
      }),
    );
  });

  it("an alias comes back in the program's words, or else in normal form", () => {
    const aliases = fc.tuple(
      fc.record({
        name: fc.constantFrom("a.b", "A.b", "a.B."),
        zoneId: fc.string(),
        evaluateTargetHealth: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(fc.record({ ...common, aliases }), (given) => {
        const normal = [{ ...given.aliases[0], name: "a.b" }];
        assert.deepEqual(readBack({ type: "A", ...given }, given), plain(given));
        assert.deepEqual(readBack({ type: "A", ...given }), plain({ ...given, aliases: normal }));
      }),
    );
  });

  it("only texts have quotation marks", () => {
    const sent = (type: string, value: string) =>
      recordSet("app.example.com", { type, ttl: 60, records: [value] }).ResourceRecords;
    assert.deepEqual(sent("TXT", "v=1"), [{ Value: '"v=1"' }]);
    assert.deepEqual(sent("SPF", ""), [{ Value: '""' }]);
    assert.deepEqual(sent("A", "203.0.113.10"), [{ Value: "203.0.113.10" }]);
    const listed = (value: string) =>
      recordProperties({ Name: "a.", Type: "TXT", ResourceRecords: [{ Value: value }] }, {})["records"];
    assert.deepEqual([listed('"a" "b"'), listed("bare"), listed('"')], [['a" "b'], ["bare"], ['"']]);
  });
});
