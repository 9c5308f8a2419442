import assert from "node:assert/strict";
import fc from "fast-check";
import { compareNames, isInZone, normalName } from "../../../../lab/aws/route53/names";

describe("names in Route 53", () => {
  it("are lower case with trailing dot and octal escapes, and stay so", () => {
    assert.equal(normalName("App.Example.COM"), "app.example.com.");
    assert.equal(normalName("*.example.com."), "\\052.example.com.");
    assert.equal(normalName("\\052.example.com"), "\\052.example.com.");
    assert.equal(normalName("\\101.example.com"), "a.example.com.");
    assert.equal(normalName("ä.example.com"), "\\303\\244.example.com.");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        const normal = normalName(name);
        assert.match(normal, /^(?:[a-z0-9._-]|\\[0-7]{3})*\.$/);
        assert.equal(normalName(normal), normal);
      }),
    );
  });

  it("lie in a zone at a label's border only", () => {
    assert(isInZone("app.example.com.", "example.com."));
    assert(isInZone("example.com.", "example.com."));
    assert.equal(isInZone("app.notexample.com.", "example.com."), false);
  });

  it("are ordered label by label from the right", () => {
    const sorted = [
      "com.",
      "example.com.",
      "\\052.example.com.",
      "a.example.com.",
      "z.a.example.com.",
      "b.example.com.",
    ];
    assert.deepEqual(sorted.toReversed().sort(compareNames), sorted);
    const name = fc
      .array(fc.constantFrom("a", "b", "ab"), { minLength: 1, maxLength: 4 })
      .map((l) => `${l.join(".")}.`);
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        assert.equal(Math.sign(compareNames(a, b)) + Math.sign(compareNames(b, a)), 0);
        assert.equal(compareNames(a, b) === 0, a === b);
        if (compareNames(a, b) <= 0 && compareNames(b, c) <= 0) assert(compareNames(a, c) <= 0);
      }),
    );
  });
});
