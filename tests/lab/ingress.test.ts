/** A short form of `npm run campaign -- ingress`. */
import assert from "node:assert/strict";
import { runIngress } from "../../lab/campaigns/ingress/campaign";
import { needsTraefik } from "../support/needs";

describe("Traefik behind 443", () => {
  it("serves applications, sees their clients, and obtains certificates by both challenges", async function () {
    needsTraefik(this);
    const rows = await runIngress({ short: true });
    assert.deepEqual(
      rows.filter(({ ok }) => !ok),
      [],
    );
    assert.equal(rows.length, 18);
    const ids = rows.map(({ id }) => id);
    for (const id of ["certificate-by-tls", "self-check-narrow", "self-check-named"]) assert.ok(ids.includes(id), id);
  });
});
