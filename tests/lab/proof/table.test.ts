import assert from "node:assert/strict";
import { renderTable } from "../../../lab/proof/table";

const rows = [
  {
    id: "a",
    name: "API: 127.0.0.1:443 from the node",
    ok: true,
    expected: "401",
    observed: "401, certificate",
    ms: 3.25,
  },
  {
    id: "b",
    name: "prod: https://app.example.com",
    ok: false,
    expected: "200",
    observed: "no answer within 5 s",
    ms: 5001,
  },
];

/** Begins every colour code. */
const escape = "\u001b[";

describe("proof table", () => {
  for (const width of [80, 120]) {
    it(`fits ${width} columns`, () => {
      for (const line of renderTable(rows, width, false).split("\n")) assert.ok([...line].length <= width, line);
    });
  }

  it("says of a failed row what was expected and what was seen", () => {
    const text = renderTable(rows, 120, false);
    assert.match(text, /✗/);
    assert.match(text, /no answer within 5 s/);
    assert.match(text, /expected: 200/);
  });

  it("has colours only when asked", () => {
    assert.ok(!renderTable(rows, 80, false).includes(escape));
    assert.ok(renderTable(rows, 80, true).includes(escape));
  });
});
