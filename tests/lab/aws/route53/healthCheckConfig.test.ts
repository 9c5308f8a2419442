import assert from "node:assert/strict";
import { CreateHealthCheckCommand, type HealthCheckConfig, type HealthCheckType } from "@aws-sdk/client-route-53";
import fc from "fast-check";
import { checkParameters } from "../../../../lab/aws/parameters";
import { healthCheckSettings, newConfig } from "../../../../lab/aws/route53/healthCheckConfig";
import { refuses, useEndpoint } from "../harness";

const tcp = { Type: "TCP", IPAddress: "203.0.113.10", Port: 443 } as const;
const http = { Type: "HTTP", FullyQualifiedDomainName: "app.example.com" } as const;

describe("lab Route 53: settings of a health check", () => {
  const lab = useEndpoint();
  const create = (HealthCheckConfig: HealthCheckConfig) =>
    lab.route53.send(new CreateHealthCheckCommand({ CallerReference: "one", HealthCheckConfig }));

  const refused: [what: string, settings: HealthCheckConfig, text: string][] = [
    ["TCP without Port", { ...tcp, Port: undefined }, "TCP health checks must have a port specified."],
    [
      "TCP with ResourcePath",
      { ...tcp, ResourcePath: "/" },
      "TCP health checks must not have a resource path specificed.",
    ],
    [
      "TCP with IPAddress and name",
      { ...tcp, FullyQualifiedDomainName: "app.example.com" },
      "TCP health checks that have IP address must not have a fully qualified domain name specified.",
    ],
    [
      "TCP with SearchString",
      { ...tcp, SearchString: "ok" },
      "TCP health checks must not have a search string specified.",
    ],
    ["HTTP with SearchString", { ...http, SearchString: "ok" }, "HTTP health checks must not have a search string"],
    [
      "HTTP_STR_MATCH without SearchString",
      { ...http, Type: "HTTP_STR_MATCH" },
      "HTTP_STR_MATCH health checks must have a search string specified.",
    ],
    [
      "HTTPS_STR_MATCH with empty SearchString",
      { ...http, Type: "HTTPS_STR_MATCH", SearchString: "" },
      "HTTPS_STR_MATCH health checks must have a search string specified.",
    ],
    [
      "neither IPAddress nor name",
      { Type: "HTTP" },
      "Basic health checks must have an IP address or a fully qualified domain name specified.",
    ],
    ["empty name", { Type: "HTTP", FullyQualifiedDomainName: "" }, "must have an IP address or a fully qualified"],
    ["two Regions", { ...tcp, Regions: ["eu-west-1", "us-east-1"] }, "at least three different regions"],
    [
      "a Region twice",
      { ...tcp, Regions: ["eu-west-1", "us-east-1", "eu-west-1"] },
      "at least three different regions",
    ],
    ["ResourcePath of 256", { ...http, ResourcePath: "/".repeat(256) }, "HealthCheckConfig.ResourcePath"],
    [
      "name of 256",
      { ...http, FullyQualifiedDomainName: "a".repeat(256) },
      "HealthCheckConfig.FullyQualifiedDomainName",
    ],
    ["SearchString of 256", { ...http, SearchString: "a".repeat(256) }, "HealthCheckConfig.SearchString"],
    ["a computed type", { ...tcp, Type: "CALCULATED" }, "HealthCheckConfig.Type"],
    ["no type", { ...tcp, Type: undefined as unknown as HealthCheckType }, "HealthCheckConfig.Type"],
    ["children", { ...tcp, ChildHealthChecks: ["a"] }, "HealthCheckConfig.ChildHealthChecks is not recognized"],
    ...[0, 65536, -1, 1.5].map((Port): [string, HealthCheckConfig, string] => [
      `port ${Port}`,
      { ...tcp, Port },
      "HealthCheckConfig.Port",
    ]),
    ...[0, 11].map((FailureThreshold): [string, HealthCheckConfig, string] => [
      `threshold ${FailureThreshold}`,
      { ...tcp, FailureThreshold },
      "HealthCheckConfig.FailureThreshold",
    ]),
    ...[0, 9, 20, 31].map((RequestInterval): [string, HealthCheckConfig, string] => [
      `interval ${RequestInterval}`,
      { ...tcp, RequestInterval },
      "HealthCheckConfig.RequestInterval",
    ]),
    ...[
      ...["10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"],
      ...["0.0.0.0", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:10.0.0.1"],
    ].map((IPAddress): [string, HealthCheckConfig, string] => [
      IPAddress,
      { ...tcp, IPAddress },
      `IP address ${IPAddress} is in a local, private, non-routable or multicast range`,
    ]),
    ...["203.0.113", "203.0.113.256", "0x7f000001", "app.example.com", "2001:db8::g"].map(
      (IPAddress): [string, HealthCheckConfig, string] => [
        IPAddress,
        { ...tcp, IPAddress },
        `IP address ${IPAddress} is not valid.`,
      ],
    ),
  ];
  for (const [what, settings, text] of refused)
    it(`${what} is InvalidInput`, async () => {
      await refuses(create(settings), "InvalidInput", text);
      assert.deepEqual(lab.account.healthChecks, undefined);
    });

  it("a reference has 1 to 64 characters", async () => {
    for (const CallerReference of ["", "a".repeat(65)])
      await refuses(
        lab.route53.send(new CreateHealthCheckCommand({ CallerReference, HealthCheckConfig: tcp })),
        "InvalidInput",
        "CallerReference",
      );
    await lab.route53.send(new CreateHealthCheckCommand({ CallerReference: "a".repeat(64), HealthCheckConfig: tcp }));
  });

  it("limits are within", () => {
    const wire = {
      Type: "TCP",
      IPAddress: "198.51.100.1",
      Port: "65535",
      RequestInterval: "10",
      FailureThreshold: "10",
    };
    const config = newConfig(checkParameters(healthCheckSettings, wire));
    assert.deepEqual([config.port, config.requestInterval, config.failureThreshold], [65535, 10, 10]);
    const longest = { ...http, ResourcePath: `/${"a".repeat(254)}` };
    assert.equal(newConfig(checkParameters(healthCheckSettings, longest)).resourcePath, longest.ResourcePath);
  });

  it("every port, threshold and IPv4 address outside the private ranges is kept as it is", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const publicAddress = fc
      .tuple(fc.integer({ min: 11, max: 99 }), octet, octet, octet)
      .map((octets) => octets.join("."));
    fc.assert(
      fc.property(
        publicAddress,
        fc.integer({ min: 1, max: 65535 }),
        fc.integer({ min: 1, max: 10 }),
        (IPAddress, port, threshold) => {
          const wire = { Type: "TCP", IPAddress, Port: String(port), FailureThreshold: String(threshold) };
          const config = newConfig(checkParameters(healthCheckSettings, wire));
          assert.deepEqual([config.ipAddress, config.port, config.failureThreshold], [IPAddress, port, threshold]);
        },
      ),
    );
  });
});
