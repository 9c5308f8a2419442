import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "../../support/paths";

const record = { name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.10"] };
const dns = { schemaVersion: 1, ready: true, records: [record] };

describe("secondary-ingress dns", function () {
  const cli = (input: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync("npx", ["--no-install", "secondary-ingress", "dns", ...args], {
      cwd: repositoryRoot,
      encoding: "utf8",
      input,
    });

  it("takes all outputs of a stack, or dns alone, from standard input", () => {
    for (const input of [{ mode: "dual-ip", statsPassword: "[secret]", dns }, dns]) {
      const { status, stdout, stderr } = cli(JSON.stringify(input), "bind");
      assert.equal(status, 0, stderr);
      assert.equal(stdout, "app.example.com.\t60\tIN\tA\t203.0.113.10\n");
    }
  });

  it("gives the way back from a file with the present records", () => {
    const directory = mkdtempSync(join(tmpdir(), "dns-"));
    const current = join(directory, "current.json");
    writeFileSync(current, JSON.stringify([{ ...record, values: ["192.0.2.9"] }]));
    const { stdout, stderr } = cli(JSON.stringify(dns), "route53", "--inverse", "--current", current);
    rmSync(directory, { recursive: true });
    assert.match(stdout, /192\.0\.2\.9/, stderr);
  });

  const wrong: Record<string, { input: string; args: string[]; says: RegExp }> = {
    "no JSON": { input: "dns:", args: ["bind"], says: /standard input: expected JSON/ },
    "other JSON": { input: "{}", args: ["bind"], says: /standard input: / },
    "an unknown form": {
      input: JSON.stringify(dns),
      args: ["zonefile"],
      says: /Allowed choices are route53, external-dns/,
    },
    "no zone": { input: JSON.stringify(dns), args: ["octodns"], says: /--zone: expected/ },
    "a stack that does not answer yet": {
      input: JSON.stringify({ ...dns, ready: false }),
      args: ["bind"],
      says: /ready: expected addresses that answer/,
    },
  };
  for (const [name, { input, args, says }] of Object.entries(wrong)) {
    it(`refuses ${name}, and says what it expected`, () => {
      const { status, stdout, stderr } = cli(input, ...args);
      assert.notEqual(status, 0);
      assert.equal(stdout, "");
      assert.match(stderr, says);
    });
  }
});
