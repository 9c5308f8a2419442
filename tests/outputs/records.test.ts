import assert from "node:assert/strict";
import fc from "fast-check";
import { dnsOutput } from "../../outputs/records";

describe("dns output", () => {
  it("has the form that DNS tooling reads", () => {
    assert.deepEqual(dnsOutput(["App.example.com"], ["203.0.113.10"], 60, true), {
      schemaVersion: 1,
      ready: true,
      records: [{ name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.10"] }],
    });
  });

  it("has no records without domains or without an address", () => {
    assert.deepEqual(dnsOutput([], ["203.0.113.10"], 60, true).records, []);
    assert.deepEqual(dnsOutput(["app.example.com"], [], 60, false).records, []);
  });

  it("is sorted, lower case, fully qualified and without repetition", () => {
    fc.assert(
      fc.property(fc.array(fc.domain()), fc.array(fc.ipV4(), { minLength: 1 }), (domains, addresses) => {
        const { records } = dnsOutput([...domains, ...domains], [...addresses, ...addresses], 60, true);
        const names = records.map(({ name }) => name);
        assert.deepEqual(names, [...new Set(names)].sort());
        for (const { name, values } of records) {
          assert.match(name, /^[^A-Z]+\.$/);
          assert.deepEqual(values, [...new Set(values)].sort());
        }
      }),
    );
  });
});
