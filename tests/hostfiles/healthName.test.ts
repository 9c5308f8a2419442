import assert from "node:assert/strict";
import { healthName } from "../../hostfiles/healthName";

describe("the name to ask for", () => {
  for (const [domains, name] of [
    [[], ""],
    [["app.example.com", "b.example.com"], "app.example.com"],
    [["*.apps.example.com", "app.example.com"], "app.example.com"],
    [["*.apps.example.com"], "secondary-ingress-check.apps.example.com"],
  ] as const)
    it(`is '${name}' for [${domains.join(", ")}]`, () => {
      assert.equal(healthName(domains), name);
    });
});
