import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { parse } from "yaml";
import { bindLines } from "../../dns/bind";
import { dnscontrol } from "../../dns/dnscontrol";
import { dnsEndpoint } from "../../dns/externalDns";
import { formats, publishable } from "../../dns/formats";
import { nsupdate } from "../../dns/nsupdate";
import { inverse } from "../../dns/recordSets";
import { octodns } from "../../dns/octodns";
import type { DnsRecord } from "../../outputs/records";
import { type ChangeBatch, changeBatch, inverseBatch } from "../../dns/route53";
import { inZone } from "../../dns/zone";
import { repositoryRoot } from "../support/paths";

const app: DnsRecord = { name: "app.example.com.", type: "A", ttl: 60, values: ["203.0.113.10"] };
const apex: DnsRecord = { name: "example.com.", type: "A", ttl: 300, values: ["203.0.113.10", "203.0.113.11"] };
const records = [app, apex];
const before: DnsRecord = { ...app, ttl: 3600, values: ["192.0.2.9"] };

/** A zone by what Route 53 would do with a batch. */
function applied(zone: ReadonlyMap<string, string>, { Changes }: ChangeBatch): Map<string, string> {
  const next = new Map(zone);
  for (const { Action, ResourceRecordSet } of Changes) {
    const { Name, ...rest } = ResourceRecordSet;
    if (Action === "DELETE") {
      assert.equal(next.get(Name), JSON.stringify(rest), "a DELETE must name what is there");
      next.delete(Name);
    } else next.set(Name, JSON.stringify(rest));
  }
  return next;
}
const zoneOf = (all: readonly DnsRecord[]): Map<string, string> => applied(new Map(), changeBatch(all));

describe("dns formats", () => {
  it("route53: makes the records what they should be", () => {
    assert.deepEqual(changeBatch([app]), {
      Comment: "kops-secondary-ingress",
      Changes: [
        {
          Action: "UPSERT",
          ResourceRecordSet: {
            Name: "app.example.com.",
            Type: "A",
            TTL: 60,
            ResourceRecords: [{ Value: "203.0.113.10" }],
          },
        },
      ],
    });
  });

  it("route53: forward and back is where it was, whatever was there", () => {
    const name = fc.constantFrom("a.example.com.", "b.example.com.", "c.example.com.", "example.com.");
    const record = fc.record({
      name,
      type: fc.constant<"A">("A"),
      ttl: fc.integer({ min: 1, max: 86400 }),
      values: fc.uniqueArray(fc.ipV4(), { minLength: 1, maxLength: 3 }),
    });
    const set = fc.uniqueArray(record, { selector: (each) => each.name, maxLength: 4 });
    fc.assert(
      fc.property(set, set, (wanted, current) => {
        const start = zoneOf(current);
        const changed = applied(start, changeBatch(wanted));
        for (const [name, value] of zoneOf(wanted)) assert.equal(changed.get(name), value);
        assert.deepEqual(
          new Map([...applied(changed, inverseBatch(wanted, current))].sort()),
          new Map([...start].sort()),
        );
      }),
    );
  });

  it("external-dns: a DNSEndpoint, names without the trailing dot", () => {
    assert.deepEqual(parse(dnsEndpoint([app], "ingress")), {
      apiVersion: "externaldns.k8s.io/v1alpha1",
      kind: "DNSEndpoint",
      metadata: { name: "ingress" },
      spec: {
        endpoints: [{ dnsName: "app.example.com", recordType: "A", recordTTL: 60, targets: ["203.0.113.10"] }],
      },
    });
  });

  it("octodns: names within the zone, the zone itself as the empty one", () => {
    assert.deepEqual(parse(octodns(records, "example.com")), {
      "": { ttl: 300, type: "A", values: apex.values },
      app: { ttl: 60, type: "A", values: app.values },
    });
  });

  it("dnscontrol: JSON that its JavaScript takes in", () => {
    assert.deepEqual(JSON.parse(dnscontrol(records)), [
      { name: "app.example.com.", type: "A", ttl: 60, value: "203.0.113.10" },
      { name: "example.com.", type: "A", ttl: 300, value: "203.0.113.10" },
      { name: "example.com.", type: "A", ttl: 300, value: "203.0.113.11" },
    ]);
  });

  it("dnscontrol: its configuration, as docs/dns.md has it, makes the records of the JSON", () => {
    const page = readFileSync(join(repositoryRoot, "docs/dns.md"), "utf8");
    const [, configuration = ""] = /```js\n([^]*?)```/.exec(page) ?? [];
    const directory = mkdtempSync(join(tmpdir(), "dnscontrol-"));
    writeFileSync(join(directory, "records.json"), dnscontrol(records));
    const made: unknown[] = [];
    runInNewContext(configuration, {
      require: createRequire(join(directory, "dnsconfig.js")),
      NewRegistrar: () => "registrar",
      NewDnsProvider: () => "provider",
      DnsProvider: (name: string) => name,
      TTL: (seconds: number) => seconds,
      A: (...record: unknown[]) => record,
      D: (zone: string, _registrar: string, _provider: string, ...rest: unknown[]) => made.push(zone, ...rest),
    });
    rmSync(directory, { recursive: true });
    // Made in another context, arrays there are of another kind.
    assert.deepEqual(JSON.parse(JSON.stringify(made.flat(2))), [
      "example.com",
      ...["app.example.com.", "203.0.113.10", 60],
      ...["example.com.", "203.0.113.10", 300],
      ...["example.com.", "203.0.113.11", 300],
    ]);
  });

  it("bind: one line for each address", () => {
    assert.equal(bindLines([app]), "app.example.com.\t60\tIN\tA\t203.0.113.10\n");
  });

  it("nsupdate: changes nothing where somebody else was faster", () => {
    assert.deepEqual(nsupdate([{ before, after: app }], "example.com").split("\n"), [
      "zone example.com.",
      "prereq yxrrset app.example.com. A 192.0.2.9",
      "update delete app.example.com. A",
      "update add app.example.com. 60 A 203.0.113.10",
      "send",
      "",
    ]);
    assert.match(nsupdate([{ after: app }], "example.com"), /^prereq nxrrset app\.example\.com\. A$/m);
  });

  it("nsupdate: the way back asks for what the way there made", () => {
    const back = nsupdate(inverse([{ before, after: app }]), "example.com");
    assert.match(back, /^prereq yxrrset app\.example\.com\. A 203\.0\.113\.10$/m);
    assert.match(back, /^update add app\.example\.com\. 3600 A 192\.0\.2\.9$/m);
    assert.match(nsupdate(inverse([{ after: app }]), "example.com"), /^update delete app\.example\.com\. A\nsend$/m);
  });

  it("names what is not in the zone", () => {
    assert.deepEqual(
      inZone(records, "EXAMPLE.com").map(({ label }) => label),
      ["app", ""],
    );
    assert.throws(() => inZone([app], "example.org"), /found example\.org\. without app\.example\.com\./);
    assert.throws(() => inZone([{ ...app, name: "notexample.com." }], "example.com"), /without notexample\.com\./);
  });

  it("asks for a zone where names are relative to it, and refuses a way back where there is none", () => {
    for (const name of ["octodns", "nsupdate"] as const)
      assert.throws(() => formats[name](records, {}), /--zone: expected/);
    for (const name of ["external-dns", "octodns", "dnscontrol", "bind"] as const)
      assert.throws(
        () => formats[name](records, { zone: "example.com", inverse: true }),
        /expected route53 or nsupdate, found a format that cannot revert a change/,
      );
    assert.match(formats.route53(records, { inverse: true }), /"DELETE"/);
  });

  it("publishes nothing that does not answer yet, unless told to, and nothing where nothing is", () => {
    assert.throws(() => publishable({ schemaVersion: 1, ready: false, records }, false), /not up/);
    assert.deepEqual(publishable({ schemaVersion: 1, ready: false, records }, true), records);
    assert.throws(() => publishable({ schemaVersion: 1, ready: true, records: [] }, true), /set appDomains/);
  });
});
