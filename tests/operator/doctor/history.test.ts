import assert from "node:assert/strict";
import { parseHistory } from "../../../operator/doctor/history";

describe("doctor's history", () => {
  it("is what the check wrote into the journal", () => {
    assert.deepEqual(
      parseHistory("1790000000 repaired: natTable haproxy; 1790000060 could not repair, tried again later: haproxy;"),
      [
        { time: 1790000000, names: ["natTable", "haproxy"], failed: false },
        { time: 1790000060, names: ["haproxy"], failed: true },
      ],
    );
    assert.deepEqual(parseHistory(""), []);
  });
});
