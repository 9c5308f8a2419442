import assert from "node:assert/strict";
import { askNames } from "../../../../operator/doctor/collect/names";
import { type Named, startNamed } from "../../../support/named";
import { installDnsPrograms, needsProgram } from "../../../support/needs";

describe("the names of the applications, as the doctor asks for them", function () {
  let named: Named;
  before(async function () {
    await installDnsPrograms();
    needsProgram(this, "named");
    named = await startNamed({
      records: [],
      zone: "*.apps 60 IN A 203.0.113.10\nsecondary-ingress-check.plain 60 IN CNAME x.apps\nboth 60 IN A 203.0.113.10\nboth 60 IN AAAA 2001:db8::10\nboth 60 IN AAAA 64:ff9b::cb00:710a\n",
    });
  });
  after(() => named?.stop());

  it("have IPv6 addresses beside the others", async () => {
    const name = "both.example.com.";
    const facts = await askNames([{ name, type: "A", ttl: 60, values: [] }], `127.0.0.1:${named.port}`);
    assert.deepEqual(facts, { addresses: { [name]: ["203.0.113.10", "2001:db8::10"] } });
  });

  it("are, of a wildcard, a name below it", async () => {
    const record = { type: "A" as const, ttl: 60, values: ["203.0.113.10"] };
    const names = ["*.apps.example.com.", "*.plain.example.com.", "*.none.example.com."];
    const facts = await askNames(
      names.map((name) => ({ name, ...record })),
      `127.0.0.1:${named.port}`,
    );
    assert.deepEqual(facts, {
      addresses: { [names[0] ?? ""]: ["203.0.113.10"], [names[1] ?? ""]: ["203.0.113.10"], [names[2] ?? ""]: [] },
    });
  });
});
