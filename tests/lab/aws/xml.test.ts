import assert from "node:assert/strict";
import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { withItems, xmlDocument } from "../../../lab/aws/xml";

describe("answers as XML", () => {
  it("absent members are left out, empty lists are empty elements, arrays are items", () => {
    const content = withItems({ a: undefined, none: [], some: ["x", { y: 0, z: false }], nothing: {} });
    assert.equal(typeof content, "object");
    assert.equal(
      xmlDocument("R", "urn:n", content as Record<string, string>),
      '<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="urn:n"><none/><some><item>x</item><item><y>0</y><z>false</z></item></some><nothing/></R>',
    );
  });

  it("any text comes through", () => {
    const parser = new XMLParser({ parseTagValue: false, trimValues: false });
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~äöü€]{1,20}$/), (text) => {
        const parsed = parser.parse(xmlDocument("R", undefined, { value: text })) as { R: { value: string } };
        assert.equal(parsed.R.value, text);
      }),
    );
  });
});
