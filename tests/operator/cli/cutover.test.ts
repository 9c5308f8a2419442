/** `dns cutover` and `dns rollback` with the real named; the probe is shown in the lab. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "../../support/paths";
import { type Named, startNamed } from "../../support/named";
import { installDnsPrograms, needsProgram } from "../../support/needs";

const record = { name: "app.example.com.", type: "A" as const, ttl: 60, values: ["203.0.113.10"] };
const old = { ...record, ttl: 3600, values: ["192.0.2.9"] };
const outputs = JSON.stringify({ schemaVersion: 1, ready: true, records: [record] });

describe("secondary-ingress dns cutover and rollback", function () {
  let named: Named;
  let directory: string;

  before(async function () {
    await installDnsPrograms();
    for (const program of ["named", "nsupdate", "dig"]) needsProgram(this, program);
  });
  beforeEach(async () => {
    named = await startNamed({ records: [old] });
    directory = mkdtempSync(join(tmpdir(), "cutover-"));
  });
  afterEach(async () => {
    await named.stop();
    rmSync(directory, { recursive: true });
  });

  const cli = (...args: string[]) =>
    spawnSync(process.execPath, [join(repositoryRoot, "operator/cli/main.cjs"), "dns", ...args], {
      cwd: directory,
      encoding: "utf8",
      input: outputs,
    });
  const here = (): string[] => ["--server", `127.0.0.1:${named.port}`, "--zone", "example.com"];
  const asked = (): Promise<string[]> => named.addresses("app.example.com");

  it("shows what it would do, and does nothing", async () => {
    const { status, stdout, stderr } = cli("cutover", ...here(), "--no-probe", "--json");
    assert.equal(status, 0, stderr);
    assert.match(stderr, /from A 192\.0\.2\.9 \(TTL 3600 s\)\n +to +A 203\.0\.113\.10 \(TTL 60 s\)/);
    assert.match(stderr, /--lower-ttl[\s\S]*Run it again with --yes/);
    const { applied, changes } = JSON.parse(stdout) as { applied: boolean; changes: unknown[] };
    assert.deepEqual({ applied, changes }, { applied: false, changes: [{ before: old, after: record }] });
    assert.deepEqual(await asked(), old.values);
    assert.deepEqual(readdirSync(directory), []);
  });

  it("cuts over and rolls back, each once", async () => {
    const there = cli("cutover", ...here(), "--no-probe", "--yes", "--rollback-file", "back.json");
    assert.equal(there.status, 0, there.stderr);
    assert.deepEqual(await asked(), record.values);
    assert.match(cli("cutover", ...here(), "--no-probe", "--yes").stderr, /nothing to change/);
    assert.equal(cli("rollback", "back.json").status, 0);
    assert.deepEqual(await asked(), record.values);
    const back = cli("rollback", "back.json", "--yes");
    assert.equal(back.status, 0, back.stderr);
    assert.deepEqual(await asked(), old.values);
    const again = cli("rollback", "back.json", "--yes");
    assert.equal(again.status, 1);
    assert.match(again.stderr, /changed by somebody else .*nothing was changed/);
    assert.deepEqual(await asked(), old.values);
  });

  it("lowers the TTL first", async () => {
    const { status, stderr } = cli("cutover", ...here(), "--lower-ttl", "--yes");
    assert.equal(status, 0, stderr);
    assert.deepEqual(await asked(), old.values);
    assert.match(cli("cutover", ...here(), "--no-probe").stderr, /from A 192\.0\.2\.9 \(TTL 60 s\)/);
  });

  it("keeps the only way back of another cut-over", async () => {
    writeFileSync(join(directory, "back.json"), "precious");
    const { status, stderr } = cli("cutover", ...here(), "--no-probe", "--yes", "--rollback-file", "back.json");
    assert.equal(status, 1);
    assert.match(stderr, /expected a file that is not there yet, found back\.json/);
    assert.equal(readFileSync(join(directory, "back.json"), "utf8"), "precious");
    assert.deepEqual(await asked(), old.values);
  });

  it("publishes nothing that does not answer", async () => {
    const unreachable = JSON.stringify({
      schemaVersion: 1,
      ready: true,
      records: [{ ...record, values: ["127.0.0.99"] }],
    });
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(repositoryRoot, "operator/cli/main.cjs"), "dns", "cutover", ...here(), "--yes"],
      { cwd: directory, encoding: "utf8", input: unreachable },
    );
    assert.equal(status, 1);
    assert.match(stderr, /app\.example\.com at 127\.0\.0\.99:443: expected a certificate .* found no TLS/);
    assert.deepEqual(await asked(), old.values);
  });

  const wrong: Record<string, { args: () => string[]; says: RegExp }> = {
    "no authority": { args: () => ["cutover"], says: /expected either --zone-id .* or --server/ },
    "two authorities": { args: () => ["cutover", ...here(), "--zone-id", "Z1"], says: /expected either --zone-id/ },
    "a server without its zone": { args: () => ["cutover", "--server", "127.0.0.1"], says: /--zone: expected/ },
    "a server that is none": {
      args: () => ["cutover", "--server", "a:b:c", "--zone", "example.com"],
      says: /--server: expected <host>\[:<port>\], found 'a:b:c'/,
    },
    "a name that is not the stack's": {
      args: () => ["cutover", ...here(), "--domain", "other.example.com"],
      says: /--domain: expected one of app\.example\.com\., found other\.example\.com\./,
    },
    "no rollback file": { args: () => ["rollback", "none.json"], says: /none\.json: expected the file .* found none/ },
    "another file": {
      args: () => ["rollback", join(repositoryRoot, "package.json")],
      says: /package\.json: expected the file that 'dns cutover' wrote, found\n/,
    },
  };
  for (const [name, { args, says }] of Object.entries(wrong)) {
    it(`refuses ${name}, and says what it expected`, () => {
      const { status, stdout, stderr } = cli(...args());
      assert.equal(status, 1);
      assert.equal(stdout, "");
      assert.match(stderr, says);
    });
  }
});
