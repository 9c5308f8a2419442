import assert from "node:assert/strict";
import { ListHostedZonesByNameCommand, type ListHostedZonesByNameCommandInput } from "@aws-sdk/client-route-53";
import { refuses, useEndpoint, zoneId } from "../harness";

describe("lab Route 53: ListHostedZonesByName", () => {
  const lab = useEndpoint();
  const list = (input: ListHostedZonesByNameCommandInput = {}) =>
    lab.route53.send(new ListHostedZonesByNameCommand(input));
  const names = async (input?: ListHostedZonesByNameCommandInput) =>
    (await list(input)).HostedZones?.map(({ Name, Id }) => `${Name} ${Id}`);
  const all = [
    "example.com. /hostedzone/Z0",
    `example.com. /hostedzone/${zoneId}`,
    "a.example.com. /hostedzone/Z9",
    "example.org. /hostedzone/Z1",
  ];

  beforeEach(() => {
    lab.account.hostedZones.unshift({ zoneId: "Z1", name: "example.org.", records: [] });
    lab.account.hostedZones.push({ zoneId: "Z9", name: "a.example.com.", records: [] });
    lab.account.hostedZones.push({ zoneId: "Z0", name: "example.com.", records: [] });
  });

  it("in the order of names, then of ids", async () => {
    const answer = await list();
    assert.deepEqual(await names(), all);
    assert.deepEqual(answer.HostedZones?.[3], {
      Id: "/hostedzone/Z1",
      Name: "example.org.",
      CallerReference: "kops-Z1",
      Config: { PrivateZone: false },
      ResourceRecordSetCount: 0,
    });
    assert.deepEqual(
      [answer.IsTruncated, answer.MaxItems, answer.DNSName, answer.HostedZoneId, answer.NextDNSName],
      [false, 100, undefined, undefined, undefined],
    );
  });

  it("from a name on, with or without dot, and from an id on", async () => {
    assert.deepEqual(await names({ DNSName: "A.example.com" }), all.slice(2));
    assert.deepEqual(await names({ DNSName: "a.example.com." }), all.slice(2));
    assert.deepEqual(await names({ DNSName: "b.example.com" }), all.slice(3));
    assert.deepEqual(await names({ DNSName: "example.com", HostedZoneId: zoneId }), all.slice(1));
    assert.deepEqual(await names({ DNSName: "z.org" }), []);
    await refuses(list({ HostedZoneId: zoneId }), "InvalidInput", "specified without a DNS name");
  });

  it("by pages", async () => {
    const first = await list({ MaxItems: 1 });
    assert.deepEqual(
      [first.HostedZones?.length, first.IsTruncated, first.NextDNSName, first.NextHostedZoneId, first.MaxItems],
      [1, true, "example.com.", zoneId, 1],
    );
    const rest = { DNSName: first.NextDNSName, HostedZoneId: first.NextHostedZoneId, MaxItems: 3 };
    const last = await list(rest);
    assert.deepEqual(await names(rest), all.slice(1));
    assert.deepEqual(
      [last.IsTruncated, last.DNSName, last.HostedZoneId, last.NextHostedZoneId],
      [false, "example.com.", zoneId, undefined],
    );
    for (const MaxItems of [0, 101]) await refuses(list({ MaxItems }), "InvalidInput", "maxitems");
  });
});
