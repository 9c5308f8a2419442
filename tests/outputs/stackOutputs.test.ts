import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dnsOutput } from "../../outputs/records";
import { dnsSchema } from "../../outputs/dnsSchema";
import { repositoryRoot } from "../support/paths";
import { outputsSchema, parseOutputs } from "../../outputs/stackOutputs";
import { outputs, records } from "../dns/support";

describe("outputs", () => {
  it("are typed", () => {
    assert.deepEqual(parseOutputs(JSON.stringify(outputs())), outputs());
    fc.assert(
      fc.property(records, (records) => {
        const given = outputs({ dns: { schemaVersion: 1, ready: true, records } });
        assert.deepEqual(parseOutputs(JSON.stringify(given)), given);
      }),
    );
  });

  it("are read as an older version wrote them, which did not name the security group", () => {
    const { securityGroupId, ...older } = outputs();
    assert.match(securityGroupId, /^sg-/);
    assert.deepEqual(parseOutputs(JSON.stringify(older)), { ...outputs(), securityGroupId: "" });
  });

  it("may hold whatever the stack makes", () => {
    fc.assert(
      fc.property(fc.array(fc.domain()), fc.array(fc.ipV4()), fc.boolean(), (domains, addresses, ready) => {
        dnsSchema.parse(dnsOutput(domains, addresses, 60, ready));
      }),
    );
  });

  it("are refused with one error that says what is wrong", () => {
    assert.throws(() => parseOutputs(""), /expected the outputs of a stack that is up.*found nothing$/);
    assert.throws(() => parseOutputs("<html>"), /found no JSON: '<html>'$/);
    assert.throws(() => parseOutputs("{}"), /→ at clusterName\n[\s\S]*→ at dns\nRun 'pulumi up'/);
    const later = { ...outputs(), dns: { ...outputs().dns, schemaVersion: 2 } };
    assert.throws(() => parseOutputs(JSON.stringify(later)), /expected 1\n\s+→ at dns.schemaVersion/);
  });

  it("never hold what another format would read as more than a name or an address", () => {
    const [record] = outputs().dns.records;
    assert.ok(record);
    const refused = (change: Partial<Record<keyof typeof record, unknown>>): void => {
      const dns = { ...outputs().dns, records: [{ ...record, ...change }] };
      assert.throws(() => parseOutputs(JSON.stringify({ ...outputs(), dns })), JSON.stringify(change));
    };
    for (const name of [
      "app.example.com",
      "App.example.com.",
      ".",
      "a..b.",
      "a b.",
      'a".b.',
      "a\nsend.",
      "$INCLUDE.",
      ...["*.", "a.*.b.", "**.b.", "a*.b."],
      `${"a".repeat(64)}.b.`,
    ])
      refused({ name });
    for (const value of ["203.0.113.10\nsend", "203.0.113.256", "::1", "0xcb.1"]) refused({ values: [value] });
    refused({ values: [] });
    for (const ttl of [-1, 1.5, 2 ** 31, "60"]) refused({ ttl });
  });
});

describe("JSON Schemas", () => {
  for (const [file, schema] of [
    ["outputs/dns.schema.json", dnsSchema],
    ["outputs/schema.json", outputsSchema],
  ] as const) {
    it(`${file} says what the types say; UPDATE_GOLDEN=1 writes it anew`, () => {
      const path = join(repositoryRoot, file);
      // As input: keys that a later version adds are no fault.
      const text = `${JSON.stringify(z.toJSONSchema(schema, { io: "input" }), undefined, 2)}\n`;
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
      assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), JSON.parse(text));
      const compiled = z.fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0]);
      assert.ok(compiled.safeParse(file === "outputs/dns.schema.json" ? outputs().dns : outputs()).success);
      assert.ok(!compiled.safeParse({}).success);
    });
  }
});
