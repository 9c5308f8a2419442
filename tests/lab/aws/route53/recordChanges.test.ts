import assert from "node:assert/strict";
import { refuses, zoneId } from "../harness";
import { a, alias, useZone } from "./zone";

const name = "app.example.com";
const normal = "app.example.com.";
const blue = { SetIdentifier: "blue", Weight: 10 };
const green = { SetIdentifier: "green", Weight: 0 };

describe("lab Route 53: changes of record sets with identifiers and of aliases", () => {
  const zone = useZone();
  const mismatch = (set: string): string =>
    `[Tried to delete resource record set [${set}] but the values provided do not match the current values]`;

  it("are kept with every member", async () => {
    const HealthCheckId = await zone.healthCheck();
    const sets = [
      a(normal, { ...blue, HealthCheckId }),
      alias(normal, "api.k8s.example.com.", { ...green, HealthCheckId }),
    ];
    await zone.batch("CREATE", ...sets);
    assert.deepEqual(await zone.named(normal), sets);
    assert.deepEqual(
      zone.account.hostedZones[0]?.records.filter((record) => record.name === normal),
      [
        {
          name: normal,
          type: "A",
          setIdentifier: "blue",
          weight: 10,
          healthCheckId: HealthCheckId,
          ttl: 60,
          values: ["203.0.113.10"],
        },
        {
          name: normal,
          type: "A",
          setIdentifier: "green",
          weight: 0,
          healthCheckId: HealthCheckId,
          values: [],
          alias: { zoneId, name: "api.k8s.example.com.", evaluateTargetHealth: true },
        },
      ],
    );
  });

  it("failover: both roles", async () => {
    const sets = [
      a(normal, { SetIdentifier: "1", Failover: "PRIMARY", HealthCheckId: await zone.healthCheck() }),
      a(normal, { SetIdentifier: "2", Failover: "SECONDARY" }),
    ];
    await zone.batch("CREATE", ...sets);
    assert.deepEqual(await zone.named(normal), sets);
  });

  it("UPSERT replaces the set of that identifier only", async () => {
    await zone.batch("CREATE", a(name, blue), a(name, green));
    await zone.batch("UPSERT", a(name, { ...blue, Weight: 20, TTL: 300 }));
    assert.deepEqual(await zone.named(normal), [a(normal, { ...blue, Weight: 20, TTL: 300 }), a(normal, green)]);
    await refuses(
      zone.batch("CREATE", a(name, blue)),
      "InvalidChangeBatch",
      "[Tried to create resource record set [name='app.example.com.', type='A', set-identifier='blue'] but it already exists]",
    );
  });

  it("DELETE must name every member as it is", async () => {
    const HealthCheckId = await zone.healthCheck();
    const values = [{ Value: "203.0.113.10" }, { Value: "203.0.113.11" }];
    const set = a(name, { ...blue, HealthCheckId, ResourceRecords: values });
    await zone.batch("CREATE", set);
    const inWords = "name='app.example.com.', type='A', set-identifier='blue'";
    for (const different of [
      { Weight: 11 },
      { Weight: undefined, Region: "eu-central-1" as const },
      { HealthCheckId: undefined },
      { HealthCheckId: await zone.healthCheck() },
      { TTL: 61 },
      { ResourceRecords: values.slice(1) },
    ])
      await refuses(zone.batch("DELETE", { ...set, ...different }), "InvalidChangeBatch", mismatch(inWords));
    await refuses(
      zone.batch("DELETE", { ...set, SetIdentifier: "green" }),
      "InvalidChangeBatch",
      "[Tried to delete resource record set [name='app.example.com.', type='A', set-identifier='green'] but it was not found]",
    );
    await refuses(
      zone.batch("DELETE", a(name)),
      "InvalidChangeBatch",
      "[Tried to delete resource record set [name='app.example.com.', type='A'] but it was not found]",
    );
    await zone.batch("DELETE", { ...set, ResourceRecords: values.toReversed() });
    assert.deepEqual(await zone.named(normal), []);
  });

  it("DELETE of an alias must name its target", async () => {
    const set = alias(name, "api.k8s.example.com");
    await zone.batch("CREATE", set);
    const other = { HostedZoneId: zoneId, DNSName: "api.k8s.example.com", EvaluateTargetHealth: false };
    for (const wrong of [a(name), alias(name, "api.internal.k8s.example.com"), { ...set, AliasTarget: other }])
      await refuses(zone.batch("DELETE", wrong), "InvalidChangeBatch", mismatch("name='app.example.com.', type='A'"));
    await zone.batch("DELETE", alias("APP.example.com.", "API.k8s.example.com."));
    assert.deepEqual(await zone.named(normal), []);
  });

  it("a set that is deleted may name a health check that is gone", async () => {
    const HealthCheckId = await zone.healthCheck();
    await zone.batch("CREATE", a(name, { HealthCheckId }));
    zone.account.healthChecks = [];
    await zone.batch("DELETE", a(name, { HealthCheckId }));
    assert.deepEqual(await zone.named(normal), []);
  });

  it("from simple to weighted in one batch", async () => {
    await zone.batch("CREATE", a(name));
    await zone.change(
      { Action: "DELETE", ResourceRecordSet: a(name) },
      { Action: "CREATE", ResourceRecordSet: a(name, blue) },
      { Action: "CREATE", ResourceRecordSet: a(name, green) },
    );
    assert.deepEqual(await zone.named(normal), [a(normal, blue), a(normal, green)]);
  });

  it("the zone keeps its own records", async () => {
    const own = (await zone.named("example.com.")).map((set) => [set.Type, set] as const);
    const [ns, soa] = [own.find(([type]) => type === "NS")?.[1], own.find(([type]) => type === "SOA")?.[1]];
    assert(ns && soa);
    await refuses(
      zone.batch("DELETE", ns),
      "InvalidChangeBatch",
      "[A HostedZone must contain at least one NS record for the zone itself.]",
    );
    await refuses(
      zone.batch("DELETE", soa),
      "InvalidChangeBatch",
      "[A HostedZone must contain exactly one SOA record.]",
    );
    const below = { ...ns, Name: "sub.example.com" };
    await zone.batch("CREATE", below);
    await zone.batch("DELETE", below);
  });
});
