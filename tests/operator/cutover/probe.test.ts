import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:tls";
import { createServer as createPlainServer } from "node:net";
import type { AddressInfo } from "node:net";
import { probe, probeUntil } from "../../../operator/cutover/probe";
import { certificateFor } from "../../support/certificate";

describe("probe of the new address", function () {
  let app: { key: string; cert: string };
  let server: Server;
  let port: number;
  const asked: string[] = [];

  before(async () => {
    app = await certificateFor("app.example.com");
    server = createServer({
      ...app,
      SNICallback: (name, done) => {
        asked.push(name);
        done(null);
      },
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    port = (server.address() as AddressInfo).port;
  });
  after(() => server.close());

  it("asks by the name, and is content with a certificate for it", async () => {
    await probe("app.example.com.", "127.0.0.1", { port, ca: app.cert });
    assert.deepEqual(asked, ["app.example.com"]);
  });

  it("asks of a wildcard for a name below it", async () => {
    const wildcard = await certificateFor("*.apps.example.com");
    const below = createServer(wildcard);
    await once(below.listen(0, "127.0.0.1"), "listening");
    const { port: there } = below.address() as AddressInfo;
    await probe("*.apps.example.com.", "127.0.0.1", { port: there, ca: wildcard.cert });
    below.close();
    await assert.rejects(
      probe("*.shop.example.com.", "127.0.0.1", { port, ca: app.cert }),
      /secondary-ingress-check\.shop\.example\.com at 127\.0\.0\.1:\d+: expected /,
    );
  });

  it("names the certificate that is for somebody else, such as the API server's", async () => {
    await assert.rejects(
      probe("shop.example.com.", "127.0.0.1", { port, ca: app.cert }),
      /shop\.example\.com at 127\.0\.0\.1:\d+: expected .*, found one for DNS:app\.example\.com by app\.example\.com \(/,
    );
  });

  it("trusts nobody unknown", async () => {
    await assert.rejects(probe("app.example.com.", "127.0.0.1", { port }), /found one for .*self.signed/i);
  });

  it("says that nobody answers, or not with TLS", async () => {
    await assert.rejects(probe("app.example.com.", "127.0.0.1", { port: 1 }), /found no TLS: connect ECONNREFUSED/);
    const plain = createPlainServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await once(plain.listen(0, "127.0.0.1"), "listening");
    const { port: plainPort } = plain.address() as AddressInfo;
    await assert.rejects(probe("app.example.com.", "127.0.0.1", { port: plainPort }), /found no TLS: /);
    plain.close();
  });

  it("asks again until somebody answers, but not after a wrong certificate", async () => {
    const late = createServer({ ...app });
    const failures: string[] = [];
    const waiting = {
      ...{ seconds: 20, pause: 50 },
      onFailure: (message: string) => {
        failures.push(message);
        if (failures.length === 2) late.listen(latePort, "127.0.0.1");
      },
    };
    const free = createPlainServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const latePort = (free.address() as AddressInfo).port;
    await new Promise((resolve) => free.close(resolve));
    await probeUntil("app.example.com.", "127.0.0.1", { port: latePort, ca: app.cert }, waiting);
    assert.ok(failures.length >= 2);
    assert.match(failures[0] ?? "", /found no TLS: connect ECONNREFUSED/);
    late.close();
    failures.length = 0;
    await assert.rejects(
      probeUntil("shop.example.com.", "127.0.0.1", { port, ca: app.cert }, waiting),
      /found one for/,
    );
    await assert.rejects(
      probeUntil("app.example.com.", "127.0.0.1", { port: 1 }, { ...waiting, seconds: 0 }),
      /ECONNREFUSED/,
    );
    assert.deepEqual(failures, []);
  });
});
