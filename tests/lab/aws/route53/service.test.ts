import assert from "node:assert/strict";
import {
  type Change,
  ChangeResourceRecordSetsCommand,
  ChangeTagsForResourceCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
  ListTagsForResourceCommand,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { autoPublicIp, primaryIp, refuses, useEndpoint, zoneId } from "../harness";

const record = (Name: string, ...values: string[]): ResourceRecordSet => ({
  Name,
  Type: "A",
  TTL: 60,
  ResourceRecords: values.map((Value) => ({ Value })),
});
const app = record("app.example.com", "203.0.113.10");

describe("lab Route 53", () => {
  const lab = useEndpoint();

  const change = (...Changes: Change[]) =>
    lab.route53.send(
      new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Comment: "test", Changes } }),
    );
  const create = (...records: ResourceRecordSet[]) =>
    change(...records.map((ResourceRecordSet) => ({ Action: "CREATE" as const, ResourceRecordSet })));
  const list = async (input: Partial<ListResourceRecordSetsCommandInput> = {}): Promise<string[]> => {
    const answer = await lab.route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, ...input }));
    return (answer.ResourceRecordSets ?? []).map(({ Name, Type }) => `${Name} ${Type}`);
  };

  it("ChangeResourceRecordSets: creates, and the list has the record in normal form at once", async () => {
    await create(record("APP.Example.com", "203.0.113.11", "203.0.113.10"));
    const answer = await lab.route53.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        StartRecordName: "app.example.com.",
        StartRecordType: "A",
        MaxItems: 1,
      }),
    );
    assert.deepEqual(answer.ResourceRecordSets, [record("app.example.com.", "203.0.113.11", "203.0.113.10")]);
    assert.equal(answer.IsTruncated, true);
    assert.equal(answer.NextRecordName, "api.k8s.example.com.");
    assert.equal(answer.NextRecordType, "A");
  });

  it("ChangeResourceRecordSets: atomic, one bad change and none applies", async () => {
    const before = await list();
    await refuses(
      create(app, record("api.k8s.example.com", "203.0.113.10")),
      "InvalidChangeBatch",
      "Tried to create resource record set [name='api.k8s.example.com.', type='A'] but it already exists",
    );
    assert.deepEqual(await list(), before);
    assert.deepEqual(lab.changes, []);
  });

  for (const value of ["203.0.113", "203.0.113.256", "app.example.org", "2001:db8::1", ""])
    it(`ChangeResourceRecordSets: '${value}' as a value of an A record is InvalidChangeBatch`, async () => {
      await refuses(
        create(record("app.example.com", value)),
        "InvalidChangeBatch",
        `ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '${value}'`,
      );
    });

  it("ChangeResourceRecordSets: every fault is told", async () => {
    const faulty = create(
      record("app.example.org", "203.0.113.10"),
      record("app.example.com", "203.0.113.10", "203.0.113.10"),
      { ...record("api.k8s.example.com", "other.example.com"), Type: "CNAME" },
      { ...record("example.com", "other.example.com"), Type: "CNAME" },
      { ...record("txt.example.com", "bare"), Type: "TXT" },
    );
    await assert.rejects(faulty, (error: Error) => {
      for (const text of [
        "RRSet with DNS name app.example.org. is not permitted in zone example.com.",
        "Duplicate Resource Record",
        "conflicts with other records with the same DNS name",
        "not permitted at apex in zone example.com.",
        "enclosed in quotation marks",
      ])
        assert(error.message.includes(text), `${text}: ${error.message}`);
      return true;
    });
  });

  it("ChangeResourceRecordSets: a DELETE must name what is there", async () => {
    const remove = (ResourceRecordSet: ResourceRecordSet) => change({ Action: "DELETE", ResourceRecordSet });
    await refuses(remove(app), "InvalidChangeBatch", "but it was not found");
    await create(app);
    await refuses(remove({ ...app, TTL: 61 }), "InvalidChangeBatch", "values provided do not match");
    await refuses(remove(record("app.example.com", "203.0.113.11")), "InvalidChangeBatch", "do not match");
    await remove(app);
    assert(!(await list()).includes("app.example.com. A"));
    const [ns] = lab.account.hostedZones[0]?.records ?? [];
    await refuses(
      remove({ ...record("example.com", ...(ns?.values ?? [])), Type: "NS", TTL: 172800 }),
      "InvalidChangeBatch",
      "at least one NS record",
    );
  });

  it("ChangeResourceRecordSets: UPSERT creates or replaces, changes of a batch follow one another", async () => {
    const upsert = (ResourceRecordSet: ResourceRecordSet) => change({ Action: "UPSERT", ResourceRecordSet });
    await upsert(app);
    await upsert(record("app.example.com", "203.0.113.11"));
    await change(
      { Action: "DELETE", ResourceRecordSet: record("app.example.com", "203.0.113.11") },
      { Action: "CREATE", ResourceRecordSet: { ...record("app.example.com", "other.example.org"), Type: "CNAME" } },
    );
    assert((await list()).includes("app.example.com. CNAME"));
  });

  it("GetChange: PENDING before INSYNC", async () => {
    const { ChangeInfo } = await create(app);
    assert.match(ChangeInfo?.Id ?? "", /^\/change\/C[0-9A-F]+$/);
    assert.equal(ChangeInfo?.Status, "PENDING");
    const status = async (): Promise<string | undefined> => {
      const answer = await lab.route53.send(new GetChangeCommand({ Id: ChangeInfo?.Id }));
      assert.equal(answer.ChangeInfo?.Comment, "test");
      return answer.ChangeInfo.Status;
    };
    assert.equal(await status(), "PENDING");
    const [pending] = lab.account.recordChanges ?? [];
    assert(pending);
    pending.submittedAt = new Date(Date.now() - 2000).toISOString();
    assert.equal(await status(), "INSYNC");
    await refuses(lab.route53.send(new GetChangeCommand({ Id: "C0" })), "NoSuchChange");
  });

  it("ListResourceRecordSets: ordered by labels from the right, begins where asked, pages", async () => {
    await create(app, record("*.example.com", "203.0.113.10"), record("b.a.example.com", "203.0.113.10"));
    const all = [
      "example.com. NS",
      "example.com. SOA",
      "\\052.example.com. A",
      "b.a.example.com. A",
      "app.example.com. A",
      "api.k8s.example.com. A",
      "api.internal.k8s.example.com. A",
    ];
    assert.deepEqual(await list(), all);
    assert.deepEqual(await list({ StartRecordName: "*.example.com" }), all.slice(2));
    assert.deepEqual(await list({ StartRecordName: "example.com", StartRecordType: "SOA" }), all.slice(1));
    assert.deepEqual(await list({ StartRecordName: "app.example.com", MaxItems: 2 }), all.slice(4, 6));
    await refuses(list({ StartRecordType: "A" }), "InvalidInput");
  });

  it("the zone has kOps' own API records", async () => {
    const { records } = lab.account.hostedZones[0] ?? { records: [] };
    const values = (name: string): string[] | undefined => records.find((one) => one.name === name)?.values;
    assert.deepEqual(values("api.k8s.example.com."), [autoPublicIp]);
    assert.deepEqual(values("api.internal.k8s.example.com."), [primaryIp]);
  });

  it("GetHostedZone and ListHostedZones: with Config and NameServers, on which the official provider relies", async () => {
    const zone = await lab.route53.send(new GetHostedZoneCommand({ Id: zoneId }));
    assert.equal(zone.HostedZone?.Id, `/hostedzone/${zoneId}`);
    assert.equal(zone.HostedZone.Name, "example.com.");
    assert.equal(zone.HostedZone.Config?.PrivateZone, false);
    assert.equal(zone.DelegationSet?.NameServers?.length, 4);
    const zones = await lab.route53.send(new ListHostedZonesCommand({}));
    assert.deepEqual(zones.HostedZones, [zone.HostedZone]);
    assert.equal(zones.IsTruncated, false);
  });

  it("a zone that is not there is NoSuchHostedZone, for every call on it", async () => {
    const gone = { HostedZoneId: "Z0" };
    const ChangeBatch = { Changes: [{ Action: "CREATE" as const, ResourceRecordSet: app }] };
    for (const call of [
      lab.route53.send(new GetHostedZoneCommand({ Id: "Z0" })),
      lab.route53.send(new ListResourceRecordSetsCommand(gone)),
      lab.route53.send(new ChangeResourceRecordSetsCommand({ ...gone, ChangeBatch })),
    ])
      await refuses(call, "NoSuchHostedZone", "No hosted zone found with ID: Z0");
  });

  it("tags of a zone", async () => {
    const resource = { ResourceType: "hostedzone" as const, ResourceId: zoneId };
    const tags = async (): Promise<unknown> =>
      (await lab.route53.send(new ListTagsForResourceCommand(resource))).ResourceTagSet?.Tags;
    assert.deepEqual(await tags(), []);
    await lab.route53.send(
      new ChangeTagsForResourceCommand({
        ...resource,
        AddTags: [
          { Key: "a", Value: "1" },
          { Key: "b", Value: "2" },
        ],
      }),
    );
    await lab.route53.send(new ChangeTagsForResourceCommand({ ...resource, RemoveTagKeys: ["a"] }));
    assert.deepEqual(await tags(), [{ Key: "b", Value: "2" }]);
  });

  it("what the lab does not know is refused, not ignored", async () => {
    await refuses(
      create({ ...app, SetIdentifier: "blue", MultiValueAnswer: true }),
      "InvalidInput",
      "is not recognized",
    );
    await refuses(create({ ...app, Type: "PTR" }), "InvalidInput", "PTR");
    await refuses(create({ ...app, TTL: undefined }), "InvalidInput", "TTL");
    await refuses(change(), "InvalidInput");
  });

  it("any call can be throttled", async () => {
    lab.faults.push({ action: "GetHostedZone", kind: "throttled", times: 1 });
    const get = () => lab.route53.send(new GetHostedZoneCommand({ Id: zoneId }));
    await refuses(get(), "Throttling");
    await get();
  });

  it("is signed for us-east-1 or for the provider's Region", async () => {
    const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "very-secret" };
    for (const region of ["us-east-1", "eu-central-1"]) {
      const client = new Route53Client({ endpoint: lab.url, region, credentials, maxAttempts: 1 });
      await client.send(new GetHostedZoneCommand({ Id: zoneId }));
      client.destroy();
    }
  });
});
