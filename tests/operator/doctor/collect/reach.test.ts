import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { askFromHere, askTls } from "../../../../operator/doctor/collect/reach";
import { outputs } from "../../../dns/support";

describe("doctor's look from here", () => {
  // Nobody listens there, and the answer comes at once.
  const given = { ingressPublicIp: "127.0.0.1", apiPublicIp: "", ingressPort: 9, ingressHttpPort: 9 };
  const record = (name: string, ...values: string[]) => ({ name, type: "A" as const, ttl: 60, values });

  it("asks each name on every address that its records lead to", async () => {
    const records = [record("a.example.com.", "127.0.0.1", "127.0.0.2"), record("b.example.com.", "127.0.0.2")];
    const { ingress, http, api } = await askFromHere(
      outputs({ ...given, dns: { schemaVersion: 1, ready: true, records } }),
      ["a.example.com", "b.example.com"],
    );
    assert.deepEqual(
      ingress.map(({ name, address }) => `${name} ${address}`),
      ["a.example.com 127.0.0.1", "a.example.com 127.0.0.2", "b.example.com 127.0.0.2"],
    );
    assert.deepEqual(
      http.map(({ address }) => address),
      ["127.0.0.1", "127.0.0.2"],
    );
    assert.ok(ingress.every(({ answer }) => answer.error.includes("ECONNREFUSED")));
    assert.equal(api, undefined);
  });

  it("knows a TLS alert from nobody", async () => {
    // Without a certificate no cipher fits.
    const server = createServer({}).on("tlsClientError", () => undefined);
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const answer = await askTls("127.0.0.1", port, "");
    server.close();
    assert.deepEqual(
      [answer.refused, /^a TLS alert \(.*handshake failure\)$/.test(answer.error)],
      [true, true],
      answer.error,
    );
    assert.equal((await askTls("127.0.0.1", port, "")).refused, false);
  });

  it("asks for a name that a wildcard stands for", async () => {
    const records = [record("*.example.com.", "127.0.0.1")];
    const { ingress } = await askFromHere(outputs({ ...given, dns: { schemaVersion: 1, ready: true, records } }), [
      "*.example.com",
    ]);
    assert.deepEqual(
      ingress.map(({ name }) => name),
      ["secondary-ingress-check.example.com"],
    );
  });

  it("asks the stack's address where there is no name", async () => {
    const { ingress } = await askFromHere(
      outputs({ ...given, dns: { schemaVersion: 1, ready: true, records: [] } }),
      [],
    );
    assert.deepEqual(
      ingress.map(({ name, address }) => [name, address]),
      [["", "127.0.0.1"]],
    );
  });
});
