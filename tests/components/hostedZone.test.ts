import assert from "node:assert/strict";
import { checkZone } from "../../components/hostedZone";
import { record, world } from "./mocks";

describe("the hosted zone of a stack's records", () => {
  const check = async (zone: string, ...domains: string[]): Promise<void> => {
    await record(world({ zone }));
    await checkZone("Z0123456789ABC", domains, {});
  };

  it("has the names in it, and its own", async () => {
    await check("example.com", "app.example.com", "a.b.example.com", "example.com");
    await check("Example.com.", "APP.example.com.");
  });

  it("refuses names outside, all at once, those with the same end among them", async () => {
    await assert.rejects(
      check("example.com", "app.example.com", "app.example.org", "notexample.com"),
      /expected names in the hosted zone example\.com \(route53ZoneId Z0123456789ABC\), found app\.example\.org, notexample\.com: /,
    );
  });

  it("is refused if it is private: clients outside its VPCs find no name there", async () => {
    await record(world({ privateZone: true }));
    await assert.rejects(
      checkZone("Z0123456789ABC", ["app.example.com"], {}),
      /expected a public hosted zone, found Z0123456789ABC, a private one for example\.com.*--dns-name example\.com/,
    );
  });
});
