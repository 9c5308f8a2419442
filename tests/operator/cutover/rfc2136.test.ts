import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChangedMeanwhile } from "../../../operator/cutover/authority";
import { rfc2136Authority } from "../../../operator/cutover/rfc2136";
import { changesTo, inverse } from "../../../dns/recordSets";
import type { DnsRecord } from "../../../outputs/records";
import { type Named, startNamed } from "../../support/named";
import { installDnsPrograms, needsProgram } from "../../support/needs";

const app: DnsRecord = { name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.10"] };
const shop: DnsRecord = { ...app, name: "shop.example.com." };
const old = { ...app, ttl: 3600, values: ["192.0.2.10", "192.0.2.9"] };
const tsigSecret = "c2VjcmV0IG9mIHRoZSB0ZXN0cw==";

describe("a name server that takes updates", function () {
  let named: Named;
  let directory: string;
  let keyFile: string;

  before(async function () {
    await installDnsPrograms();
    for (const program of ["named", "nsupdate", "dig"]) needsProgram(this, program);
  });
  beforeEach(async () => {
    named = await startNamed({
      records: [old],
      zone: "app 300 IN AAAA 2001:db8::1\nshop 300 IN CNAME app\nchild 300 IN NS ns.child\n",
      tsigSecret,
    });
    directory = await mkdtemp(join(tmpdir(), "key-"));
    keyFile = join(directory, "key");
    await writeFile(keyFile, `key operator { algorithm hmac-sha256; secret "${tsigSecret}"; };\n`, { mode: 0o600 });
  });
  afterEach(async () => {
    await named.stop();
    await rm(directory, { recursive: true });
  });
  const authority = (how: { keyFile?: string; zone?: string } = { keyFile }) =>
    rfc2136Authority({ host: "127.0.0.1", port: named.port, zone: "example.com", ...how });

  it("is read: addresses of both kinds, aliases, and nothing where nothing is", async () => {
    const read = await authority().read(["app.example.com.", "shop.example.com.", "none.example.com."]);
    assert.deepEqual(read, [
      old,
      { name: "app.example.com.", type: "AAAA", ttl: 300, values: ["2001:db8::1"] },
      { name: "shop.example.com.", type: "CNAME", ttl: 300, values: ["app.example.com."] },
    ]);
    assert.deepEqual(await authority().read([]), []);
  });

  it("leads the names elsewhere, and back", async () => {
    const zone = authority();
    const atFirst = await zone.read([app.name, shop.name]);
    const changes = changesTo([app, shop], atFirst);
    await zone.change(changes);
    assert.deepEqual(await zone.read([app.name, shop.name]), [app, shop]);
    await zone.change(inverse(changes));
    assert.deepEqual(await zone.read([app.name, shop.name]), atFirst);
  });

  it("leads a wildcard there and back", async () => {
    const wildcard: DnsRecord = { ...app, name: "*.apps.example.com." };
    const zone = authority();
    const changes = changesTo([wildcard], await zone.read([wildcard.name]));
    assert.deepEqual(changes, [{ after: wildcard }]);
    await zone.change(changes);
    assert.deepEqual(await zone.read([wildcard.name]), [wildcard]);
    assert.deepEqual(await named.addresses("any.apps.example.com"), wildcard.values);
    await zone.change(inverse(changes));
    assert.deepEqual(await zone.read([wildcard.name]), []);
  });

  it("changes nothing where somebody was faster", async () => {
    const zone = authority();
    const changes = changesTo([app], await zone.read([app.name]));
    await zone.change([{ before: old, after: { ...old, values: ["192.0.2.77"] } }]);
    await assert.rejects(zone.change(changes), ChangedMeanwhile);
    assert.deepEqual(await named.addresses("app.example.com"), ["192.0.2.77"]);
  });

  /** Runs with a shell script in the place of a program. */
  async function withProgram<T>(name: string, script: string, run: () => Promise<T>): Promise<T> {
    await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const path = process.env.PATH;
    process.env.PATH = `${directory}:${path}`;
    try {
      return await run();
    } finally {
      process.env.PATH = path;
    }
  }

  it("asks again where the server has no answer of its own yet", async () => {
    const asked = join(directory, "asked");
    const noAuthority = ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; flags: qr; QUERY: 1, ANSWER: 0\n";
    const script = `[ -e ${asked} ] && exec /usr/bin/dig "$@"\n: >${asked}\nprintf '%s' '${noAuthority}'`;
    assert.deepEqual(await withProgram("dig", script, () => authority().read(["app.example.com."])), [
      old,
      { name: "app.example.com.", type: "AAAA", ttl: 300, values: ["2001:db8::1"] },
    ]);
    assert.ok(existsSync(asked));
  });

  it("says what a program says that ends before it has read everything", async () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({ ...app, name: `app-${index}.example.com.` }));
    const change = (): Promise<void> => authority().change(changesTo(many, []));
    await assert.rejects(withProgram("nsupdate", "echo 'no such key' >&2; exit 1", change), /nsupdate: no such key/);
  });

  it("says what the server refuses, and what it is no authority of", async () => {
    const changes = changesTo([app], [old]);
    await assert.rejects(authority({}).change(changes), /nsupdate: .*REFUSED/);
    await assert.rejects(authority().read(["app.example.org."]), /expected an answer, found REFUSED/);
    await assert.rejects(authority().read(["www.child.example.com."]), /expected an authoritative answer/);
    await assert.rejects(authority({ zone: "example.org" }).change(changes), /--zone: .*app\.example\.com\./);
    assert.deepEqual(await named.addresses("app.example.com"), old.values);
  });
});
