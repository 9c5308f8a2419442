/** The forms for BIND and RFC 2136, with the real named, nsupdate and named-checkzone on loopback. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bindLines } from "../../dns/bind";
import { nsupdate } from "../../dns/nsupdate";
import type { DnsRecord } from "../../outputs/records";
import { inverse } from "../../dns/recordSets";
import { attempt } from "../support/process";
import { type Named, startNamed, zoneHead } from "../support/named";
import { installDnsPrograms, needsProgram } from "../support/needs";

const app: DnsRecord = { name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.10", "203.0.113.11"] };
const atFirst: DnsRecord = { ...app, ttl: 300, values: ["192.0.2.9"] };

describe("dns forms, by BIND's own tools", function () {
  let named: Named;

  before(async function () {
    await installDnsPrograms();
    for (const program of ["named", "nsupdate", "named-checkzone"]) needsProgram(this, program);
  });
  beforeEach(async () => {
    named = await startNamed({ records: [atFirst] });
  });
  afterEach(() => named.stop());

  const asked = (): Promise<string[]> => named.addresses("app.example.com");
  /** Status of nsupdate and what it said. */
  const update = (script: string): Promise<{ status: number; stderr: string }> =>
    attempt("nsupdate", [], { input: `server 127.0.0.1 ${named.port}\n${script}` });

  it("lines of a zone file are what named-checkzone takes", async () => {
    const directory = await mkdtemp(join(tmpdir(), "zone-"));
    const file = join(directory, "zone");
    await writeFile(file, zoneHead + bindLines([app, { ...app, name: "*.apps.example.com." }]));
    const { status, stdout } = await attempt("named-checkzone", ["example.com", file]);
    await rm(directory, { recursive: true });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /OK/);
  });

  it("an update is applied, refused the second time by its prerequisite, and taken back", async () => {
    assert.deepEqual(await asked(), atFirst.values);
    const forward = nsupdate([{ before: atFirst, after: app }], "example.com");
    assert.equal((await update(forward)).status, 0);
    assert.deepEqual(await asked(), app.values);
    const replayed = await update(forward);
    assert.notEqual(replayed.status, 0);
    assert.match(replayed.stderr, /NXRRSET/);
    assert.deepEqual(await asked(), app.values);
    const back = nsupdate(inverse([{ before: atFirst, after: app }]), "example.com");
    assert.equal((await update(back)).status, 0);
    assert.deepEqual(await asked(), atFirst.values);
    assert.notEqual((await update(back)).status, 0);
  });

  it("a name that should not be there yet is refused where it is", async () => {
    const { status, stderr } = await update(nsupdate([{ after: app }], "example.com"));
    assert.notEqual(status, 0);
    assert.match(stderr, /YXRRSET/);
    assert.deepEqual(await asked(), atFirst.values);
  });
});
