import assert from "node:assert/strict";
import { fixtures } from "../../../lab/campaigns/diagnoses/fixtures";
import { checks } from "../../../operator/doctor/checks";

describe("campaign diagnoses", () => {
  it("has a fault for each check of the doctor", () => {
    assert.deepEqual(fixtures.map(({ code }) => code).sort(), checks.map(({ code }) => code).sort());
  });
});
