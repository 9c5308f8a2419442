import assert from "node:assert/strict";
import { isApiName } from "../../settings/apiNames";

describe("the names of a cluster's API", () => {
  const cluster = "k8s.example.com";

  for (const name of ["api", "api.internal", "x.api", "x.api.internal"])
    it(`${name}.${cluster} is one, however it is written`, () => {
      assert.ok(isApiName(`${name}.${cluster}`, cluster));
      assert.ok(isApiName(`${name}.${cluster}.`.toUpperCase(), cluster));
    });

  for (const name of [`app.${cluster}`, cluster, "api.example.com", `xapi.${cluster}`, `api.x.${cluster}`])
    it(`${name} is none`, () => assert.ok(!isApiName(name, cluster)));
});
