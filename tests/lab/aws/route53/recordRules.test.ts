import assert from "node:assert/strict";
import { refuses, zoneId } from "../harness";
import { a, alias, useZone } from "./zone";

const name = "app.example.com";
const weighted = (SetIdentifier: string, more = {}) => a(name, { SetIdentifier, Weight: 1, ...more });
const latency = (SetIdentifier: string, Region: "eu-central-1" | "eu-west-1") => a(name, { SetIdentifier, Region });
const secondary = (SetIdentifier: string) => a(name, { SetIdentifier, Failover: "SECONDARY" });

describe("lab Route 53: rules of record sets", () => {
  const zone = useZone();
  const refusesBatch = async (sets: Parameters<typeof zone.batch>[1][], text: string): Promise<void> => {
    const before = structuredClone(zone.account.hostedZones);
    await refuses(zone.batch("UPSERT", ...sets), "InvalidChangeBatch", `[${text}]`);
    assert.deepEqual(zone.account.hostedZones, before);
  };

  it("a simple set does not go beside one with an identifier, nor the other way round", async () => {
    await zone.batch("CREATE", weighted("blue"));
    await refusesBatch(
      [a(name)],
      "RRSet with DNS name app.example.com., type A cannot be created as other RRSets exist with the same name and type.",
    );
    await zone.batch("CREATE", a("b.example.com"));
    await refusesBatch(
      [a("b.example.com", { SetIdentifier: "blue", Weight: 1 })],
      "RRSet with DNS name b.example.com., type A, SetIdentifier blue cannot be created as a non-weighted set exists with the same name and type.",
    );
  });

  it("sets of one name and type have one policy", async () => {
    const refused = (kind: string, id: string): string =>
      `RRSet with DNS name app.example.com., type A, SetIdentifier ${id} cannot be created as a non-${kind} set exists with the same name and type.`;
    const all = { weighted: weighted("w"), latency: latency("l", "eu-central-1"), failover: secondary("f") };
    for (const [first, set] of Object.entries(all)) {
      await zone.batch("CREATE", set);
      for (const [second, other] of Object.entries(all))
        if (first !== second) await refusesBatch([other], refused(second, other.SetIdentifier ?? ""));
      await zone.batch("DELETE", set);
    }
  });

  it("sets of another type or name are no neighbours", async () => {
    await zone.batch(
      "CREATE",
      weighted("blue"),
      a(name, { Type: "AAAA", ResourceRecords: [{ Value: "2001:db8::1" }] }),
      a("b.example.com"),
    );
    assert.equal((await zone.named("app.example.com.")).length, 2);
  });

  it("a set may change its policy when it is the only one", async () => {
    await zone.batch("CREATE", weighted("blue"));
    await zone.batch("UPSERT", latency("blue", "eu-west-1"));
    assert.deepEqual(await zone.named("app.example.com."), [
      a("app.example.com.", { SetIdentifier: "blue", Region: "eu-west-1" }),
    ]);
  });

  it("one set for each role and Region, any number of one weight", async () => {
    await zone.batch("CREATE", weighted("blue"), weighted("green"));
    await zone.batch("DELETE", weighted("blue"), weighted("green"));
    await zone.batch("CREATE", secondary("blue"));
    await refusesBatch(
      [secondary("green")],
      "RRSet with DNS name app.example.com., type A, SetIdentifier green cannot be created as another set exists with the same name, type and SECONDARY.",
    );
    await zone.batch("DELETE", secondary("blue"));
    await zone.batch("CREATE", latency("blue", "eu-central-1"), latency("green", "eu-west-1"));
    await refusesBatch(
      [latency("red", "eu-west-1")],
      "RRSet with DNS name app.example.com., type A, SetIdentifier red cannot be created as another set exists with the same name, type and eu-west-1.",
    );
  });

  it("a primary set has a health check, unless it is an alias", async () => {
    const primary = { SetIdentifier: "blue", Failover: "PRIMARY" } as const;
    await refusesBatch(
      [a(name, primary)],
      "A non-alias primary ResourceRecordSet must have an associated health check.",
    );
    await zone.batch("CREATE", a(name, { ...primary, HealthCheckId: await zone.healthCheck() }), secondary("green"));
    await zone.batch("CREATE", alias("b.example.com", "api.k8s.example.com", primary));
  });

  it("a health check must be there when a set begins to name it", async () => {
    const HealthCheckId = "11111111-2222-3333-4444-555555555555";
    for (const action of ["CREATE", "UPSERT"] as const)
      await refuses(
        zone.batch(action, a(name, { HealthCheckId })),
        "NoSuchHealthCheck",
        `${HealthCheckId} does not exist`,
      );
    assert.deepEqual(await zone.named("app.example.com."), []);
  });

  it("an alias for a record of an own zone must find it there", async () => {
    const attempt = (target: string, type = "A"): string =>
      `Tried to create an alias that targets ${target}, type ${type} in zone ${zoneId}`;
    await refusesBatch(
      [alias(name, "none.example.com")],
      `${attempt("none.example.com.")}, but that target was not found`,
    );
    await refusesBatch(
      [alias(name, "api.k8s.example.com", { Type: "AAAA" })],
      `${attempt("api.k8s.example.com.", "AAAA")}, but that target was not found`,
    );
    await refusesBatch(
      [alias(name, "api.k8s.example.org")],
      `${attempt("api.k8s.example.org.")}, but the alias target name does not lie within the target zone`,
    );
    await zone.batch("CREATE", a("new.example.com"), alias(name, "new.example.com"));
  });

  it("an alias for what is AWS's own is not looked at", async () => {
    const AliasTarget = {
      HostedZoneId: "Z215JYRZR1TBD5",
      DNSName: "lb-1.eu-central-1.elb.amazonaws.com",
      EvaluateTargetHealth: false,
    };
    await zone.batch("CREATE", alias("example.com", "", { AliasTarget }));
    const sets = await zone.named("example.com.");
    assert.deepEqual(sets[0], {
      Name: "example.com.",
      Type: "A",
      AliasTarget: { ...AliasTarget, DNSName: "lb-1.eu-central-1.elb.amazonaws.com." },
    });
  });

  it("values: none, twice the same, and more than one name", async () => {
    const cname = (Name: string, ...names: string[]) => ({
      ...a(Name),
      Type: "CNAME" as const,
      ResourceRecords: names.map((Value) => ({ Value })),
    });
    await refusesBatch(
      [a(name, { ResourceRecords: [] })],
      "Resource record set [name='app.example.com.', type='A'] has no values",
    );
    await refusesBatch(
      [a(name, { ResourceRecords: [{ Value: "203.0.113.1" }, { Value: "203.0.113.1" }] })],
      "Duplicate Resource Record",
    );
    await refusesBatch(
      [cname(name, "a.example.org", "b.example.org")],
      "RRSet of type CNAME with DNS name app.example.com. can have one value only",
    );
    await refusesBatch(
      [cname("example.com", "a.example.org")],
      "RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com., " +
        "RRSet of type CNAME with DNS name example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.",
    );
    const text = { ...a(name), Type: "TXT" as const };
    await zone.batch("CREATE", { ...text, ResourceRecords: [{ Value: '"a" "b \\" c"' }] });
    await refusesBatch(
      [{ ...text, ResourceRecords: [{ Value: '"a" b' }] }],
      `Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '"a" b''`,
    );
    await refusesBatch(
      [{ ...a(name), Type: "AAAA", ResourceRecords: [{ Value: "203.0.113.1" }] }],
      "Invalid Resource Record: 'FATAL problem: AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) encountered with '203.0.113.1''",
    );
  });

  it("a CNAME stands alone, whichever came first; weighted CNAMEs go together", async () => {
    const conflict = (type: string): string =>
      `RRSet of type ${type} with DNS name app.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.`;
    const cname = { ...a(name), Type: "CNAME" as const, ResourceRecords: [{ Value: "other.example.org" }] };
    await zone.batch("CREATE", a(name));
    await refusesBatch([cname], conflict("CNAME"));
    await zone.batch("DELETE", a(name));
    await zone.batch(
      "CREATE",
      { ...cname, SetIdentifier: "blue", Weight: 1 },
      { ...cname, SetIdentifier: "green", Weight: 0 },
    );
    await refusesBatch([a(name)], conflict("A"));
  });
});
