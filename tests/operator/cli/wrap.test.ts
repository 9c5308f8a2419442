import assert from "node:assert/strict";
import fc from "fast-check";
import { wrap } from "../../../operator/cli/wrap";

describe("wrap", () => {
  it("breaks between words, and loses none", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), fc.integer({ min: 20, max: 60 }), (words, columns) => {
        const lines = wrap(words.join(" "), columns, 4, 2);
        for (const line of lines) assert.ok(line.length <= columns);
        assert.deepEqual(lines.join(" ").split(" ").filter(Boolean), words);
      }),
    );
  });
});
