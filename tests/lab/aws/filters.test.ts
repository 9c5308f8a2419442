import assert from "node:assert/strict";
import fc from "fast-check";
import type { Tags } from "../../../lab/aws/account";
import { filterBy, fits } from "../../../lab/aws/filters";

describe("filters of EC2's lists", () => {
  const escape = (text: string): string => text.replace(/[\\*?]/g, "\\$&");

  it("an escaped pattern fits its own text and nothing else", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        assert.equal(fits(escape(text), text), true);
        assert.equal(fits(escape(text), other), text === other);
      }),
    );
  });

  it("* is any text and ? one character, wherever they stand", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string({ minLength: 1 }), (before, after, middle) => {
        const [left, right] = [escape(before), escape(after)];
        assert.equal(fits(`${left}*${right}`, before + middle + after), true);
        assert.equal(fits(`${left}?${right}`, `${before}x${after}`), true);
        assert.equal(fits(`${left}?${right}`, before + after), false);
      }),
    );
    assert.equal(fits("a*", "ba"), false);
    assert.equal(fits("10.0.0.?", "10.0.0.12"), false);
    assert.equal(fits("10.0", "10x0"), false);
  });

  it("values are alternatives, filters must all fit, tags by key and value", () => {
    const items: { id: string; tags: Tags }[] = [
      { id: "a", tags: { Name: "one", team: "x" } },
      { id: "b", tags: { Name: "two" } },
    ];
    const ids = (...filters: [string, ...string[]][]): string[] =>
      filterBy(
        items,
        filters.map(([Name, ...Value]) => ({ Name, Value })),
        { id: ({ id }) => id, none: () => undefined },
      ).map(({ id }) => id);
    assert.deepEqual(ids(["id", "a", "b"]), ["a", "b"]);
    assert.deepEqual(ids(["id", "a", "b"], ["tag:Name", "t*"]), ["b"]);
    assert.deepEqual(ids(["tag-key", "team"]), ["a"]);
    assert.deepEqual(ids(["tag:absent", "*"]), []);
    assert.deepEqual(ids(["none", "*"]), []);
    assert.throws(() => ids(["toString", "x"]), { code: "InvalidParameterValue" });
    assert.throws(() => ids(["id"]), { code: "InvalidParameterValue" });
  });
});
