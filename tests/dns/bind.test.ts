/** The forms for BIND and RFC 2136, with the real named, nsupdate and named-checkzone on loopback. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Resolver } from "node:dns/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bindLines } from "../../dns/bind";
import { inverseNsupdate, nsupdate } from "../../dns/nsupdate";
import type { DnsRecord } from "../../dns/records";
import { attempt } from "../../lab/process";
import { freePort } from "../lab/providers/command/sshServer";
import { installDnsPrograms, needsProgram } from "../support/needs";

const app: DnsRecord = { name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.10", "203.0.113.11"] };
const atFirst: DnsRecord = { ...app, ttl: 300, values: ["192.0.2.9"] };
const head = `$ORIGIN example.com.
@ 300 IN SOA ns.example.com. hostmaster.example.com. 1 3600 600 86400 60
@ 300 IN NS ns.example.com.
ns 300 IN A 127.0.0.1
`;

describe("dns forms, by BIND's own tools", function () {
  this.timeout(2 * 60_000);
  let directory: string;
  let port: number;
  let named: ChildProcess;

  before(async function () {
    await installDnsPrograms();
    for (const program of ["named", "nsupdate", "named-checkzone"]) needsProgram(this, program);
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "named-"));
    port = await freePort();
    await writeFile(join(directory, "zone"), head + bindLines([atFirst]));
    await writeFile(
      join(directory, "named.conf"),
      `options { directory "${directory}"; pid-file none; session-keyfile none; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; };
controls { };
zone "example.com" { type primary; file "zone"; allow-update { 127.0.0.1; }; };
`,
    );
    named = spawn("/usr/sbin/named", ["-g", "-c", join(directory, "named.conf")], { stdio: "ignore" });
    for (let tries = 0; (await asked()).length === 0; tries++) {
      if (tries > 100 || named.exitCode !== null) throw new Error("named did not start");
      await sleep(100);
    }
  });
  afterEach(async () => {
    named.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  });

  async function asked(): Promise<string[]> {
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([`127.0.0.1:${port}`]);
    return (await resolver.resolve4("app.example.com").catch(() => [])).sort();
  }
  /** Status of nsupdate and what it said. */
  async function update(script: string): Promise<{ status: number; stderr: string }> {
    const [zone = "", ...lines] = script.split("\n");
    return attempt("nsupdate", [], { input: [`server 127.0.0.1 ${port}`, zone, ...lines].join("\n") });
  }

  it("lines of a zone file are what named-checkzone takes", async () => {
    const file = join(directory, "checked");
    await writeFile(file, head + bindLines([app]));
    const { status, stdout } = await attempt("named-checkzone", ["example.com", file]);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /OK/);
  });

  it("an update is applied, refused the second time by its prerequisite, and taken back", async () => {
    assert.deepEqual(await asked(), atFirst.values);
    const forward = nsupdate([app], [atFirst], "example.com");
    assert.equal((await update(forward)).status, 0);
    assert.deepEqual(await asked(), app.values);
    const replayed = await update(forward);
    assert.notEqual(replayed.status, 0);
    assert.match(replayed.stderr, /NXRRSET/);
    assert.deepEqual(await asked(), app.values);
    const back = inverseNsupdate([app], [atFirst], "example.com");
    assert.equal((await update(back)).status, 0);
    assert.deepEqual(await asked(), atFirst.values);
    assert.notEqual((await update(back)).status, 0);
  });

  it("a name that should not be there yet is refused where it is", async () => {
    const { status, stderr } = await update(nsupdate([app], [], "example.com"));
    assert.notEqual(status, 0);
    assert.match(stderr, /YXRRSET/);
    assert.deepEqual(await asked(), atFirst.values);
  });
});
