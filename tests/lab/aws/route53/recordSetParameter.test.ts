import assert from "node:assert/strict";
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import fc from "fast-check";
import { AwsError } from "../../../../lab/aws/errors";
import { checkParameters } from "../../../../lab/aws/parameters";
import { readRecordSet, recordSetParameter } from "../../../../lab/aws/route53/recordSetParameter";
import { refuses, zoneId } from "../harness";
import { a, alias, useZone } from "./zone";

const contents = "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]";
const policies =
  "Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig]";
const name = "app.example.com";
const values = [{ Value: "203.0.113.10" }];
const simple = "in Change with [Action=CREATE, Name=app.example.com., Type=A, SetIdentifier=null]";
const blue = "in Change with [Action=CREATE, Name=app.example.com., Type=A, SetIdentifier=blue]";
const target = { HostedZoneId: zoneId, DNSName: "api.k8s.example.com", EvaluateTargetHealth: true };

describe("lab Route 53: a record set in a request", () => {
  const zone = useZone();

  const refused: [what: string, set: ResourceRecordSet, text: string][] = [
    ["neither values nor alias", { Name: name, Type: "A" }, `Invalid request: ${contents}, but found none ${simple}`],
    ["values without TTL", a(name, { TTL: undefined }), `Invalid request: ${contents}, but found none ${simple}`],
    ["TTL alone", a(name, { ResourceRecords: undefined }), `Invalid request: ${contents}, but found none ${simple}`],
    [
      "alias with TTL",
      alias(name, "api.k8s.example.com", { TTL: 60 }),
      `${contents}, but found more than one ${simple}`,
    ],
    [
      "alias with values",
      alias(name, "api.k8s.example.com", { ResourceRecords: values }),
      `${contents}, but found more than one ${simple}`,
    ],
    ["Weight alone", a(name, { Weight: 1 }), `Invalid request: Missing field 'SetIdentifier' ${simple}`],
    ["Weight 0 alone", a(name, { Weight: 0 }), `Invalid request: Missing field 'SetIdentifier' ${simple}`],
    ["Failover alone", a(name, { Failover: "SECONDARY" }), `Missing field 'SetIdentifier' ${simple}`],
    ["Region alone", a(name, { Region: "eu-central-1" }), `Missing field 'SetIdentifier' ${simple}`],
    ["SetIdentifier alone", a(name, { SetIdentifier: "blue" }), `Invalid request: ${policies}, but found none ${blue}`],
    [
      "two policies",
      a(name, { SetIdentifier: "blue", Weight: 0, Region: "eu-central-1" }),
      `Invalid request: ${policies}, but found more than one ${blue}`,
    ],
    ["empty SetIdentifier", a(name, { SetIdentifier: "", Weight: 1 }), "SetIdentifier"],
    ["SetIdentifier of 129", a(name, { SetIdentifier: "a".repeat(129), Weight: 1 }), "SetIdentifier"],
    ["Weight -1", a(name, { SetIdentifier: "blue", Weight: -1 }), "ResourceRecordSet.Weight"],
    ["Weight 256", a(name, { SetIdentifier: "blue", Weight: 256 }), "ResourceRecordSet.Weight"],
    [
      "a third role",
      a(name, { SetIdentifier: "blue", Failover: "TERTIARY" as "PRIMARY" }),
      "ResourceRecordSet.Failover",
    ],
    ["no Region", a(name, { SetIdentifier: "blue", Region: "mars" as "eu-central-1" }), "ResourceRecordSet.Region"],
    ["empty HealthCheckId", a(name, { HealthCheckId: "" }), "ResourceRecordSet.HealthCheckId"],
    ["TTL -1", a(name, { TTL: -1 }), "ResourceRecordSet.TTL"],
    ["TTL 2147483648", a(name, { TTL: 2147483648 }), "ResourceRecordSet.TTL"],
    ["type PTR", a(name, { Type: "PTR" }), "ResourceRecordSet.Type"],
    [
      "alias that does not say whether to look at its target's health",
      alias(name, "", { AliasTarget: { ...target, EvaluateTargetHealth: undefined } }),
      "AliasTarget.EvaluateTargetHealth",
    ],
    ["alias without name", alias(name, ""), "AliasTarget.DNSName"],
    [
      "alias without zone",
      alias(name, "", { AliasTarget: { ...target, HostedZoneId: "" } }),
      "AliasTarget.HostedZoneId",
    ],
  ];
  for (const [what, set, text] of refused)
    it(`${what} is InvalidInput`, async () => {
      const before = structuredClone(zone.account.hostedZones);
      await refuses(zone.batch("CREATE", set), "InvalidInput", text);
      assert.deepEqual(zone.account.hostedZones, before);
    });

  it("names the action and the type", async () => {
    const set = { Name: "b.example.com", Type: "TXT", SetIdentifier: "b" } as const;
    const where = "in Change with [Action=DELETE, Name=b.example.com., Type=TXT, SetIdentifier=b]";
    await refuses(zone.batch("DELETE", set), "InvalidInput", `but found none ${where}`);
  });

  it("limits are within", async () => {
    const longest = "a".repeat(128);
    const sets = [
      a(name, { SetIdentifier: "least", Weight: 0, TTL: 0 }),
      a(name, { SetIdentifier: longest, Weight: 255, TTL: 2147483647 }),
    ];
    await zone.batch("CREATE", ...sets);
    assert.deepEqual(
      (await zone.named(`${name}.`)).map(({ SetIdentifier, Weight, TTL }) => [SetIdentifier, Weight, TTL]),
      [
        [longest, 255, 2147483647],
        ["least", 0, 0],
      ],
    );
  });

  it("has no members without a value, and is taken exactly with an identifier and one policy, or with neither", () => {
    const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const parameter = fc.record({
      Name: fc.constant(name),
      Type: fc.constant("A"),
      TTL: fc.constant("60"),
      ResourceRecords: fc.constant({ ResourceRecord: values }),
      SetIdentifier: optional(fc.constant("blue")),
      Weight: optional(fc.integer({ min: 0, max: 255 }).map(String)),
      Region: optional(fc.constantFrom("eu-central-1", "us-gov-west-1", "ap-southeast-7")),
      Failover: optional(fc.constantFrom("PRIMARY", "SECONDARY")),
    });
    fc.assert(
      fc.property(parameter, (given) => {
        const wire = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
        const { SetIdentifier, Weight, Region, Failover } = given;
        const count = [Weight, Region, Failover].filter((policy) => policy !== undefined).length;
        const read = () => readRecordSet("CREATE", checkParameters(recordSetParameter, wire as never));
        if (count !== (SetIdentifier === undefined ? 0 : 1)) return assert.throws(read, AwsError);
        return assert.deepEqual(read(), {
          name: `${name}.`,
          type: "A",
          ttl: 60,
          values: ["203.0.113.10"],
          ...(SetIdentifier !== undefined && { setIdentifier: SetIdentifier }),
          ...(Weight !== undefined && { weight: Number(Weight) }),
          ...(Region !== undefined && { region: Region }),
          ...(Failover !== undefined && { failover: Failover }),
        });
      }),
    );
  });
});
