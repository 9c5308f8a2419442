import assert from "node:assert/strict";
import {
  type ChangeTagsForResourceCommandInput,
  ChangeTagsForResourceCommand,
  CreateHealthCheckCommand,
  DeleteHealthCheckCommand,
  GetHealthCheckCommand,
  type HealthCheck,
  type HealthCheckConfig,
  ListHealthChecksCommand,
  ListTagsForResourceCommand,
  UpdateHealthCheckCommand,
  type UpdateHealthCheckCommandInput,
} from "@aws-sdk/client-route-53";
import { refuses, useEndpoint } from "../harness";

const tcp = { Type: "TCP", IPAddress: "203.0.113.10", Port: 443 } as const;
const nobody = "11111111-2222-3333-4444-555555555555";

describe("lab Route 53: health checks", () => {
  const lab = useEndpoint();

  const create = async (HealthCheckConfig: HealthCheckConfig = tcp, CallerReference = "one"): Promise<HealthCheck> => {
    const answer = await lab.route53.send(new CreateHealthCheckCommand({ CallerReference, HealthCheckConfig }));
    assert(answer.HealthCheck);
    return answer.HealthCheck;
  };
  const get = async (HealthCheckId = nobody): Promise<HealthCheck | undefined> =>
    (await lab.route53.send(new GetHealthCheckCommand({ HealthCheckId }))).HealthCheck;
  const update = async (input: UpdateHealthCheckCommandInput): Promise<HealthCheck | undefined> =>
    (await lab.route53.send(new UpdateHealthCheckCommand(input))).HealthCheck;
  const remove = (HealthCheckId = nobody) => lab.route53.send(new DeleteHealthCheckCommand({ HealthCheckId }));

  it("CreateHealthCheck: with Route 53's defaults, and GetHealthCheck has the same", async () => {
    const created = await create();
    assert.match(created.Id ?? "", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.deepEqual(created, {
      Id: created.Id,
      CallerReference: "one",
      HealthCheckVersion: 1,
      HealthCheckConfig: {
        ...tcp,
        RequestInterval: 30,
        FailureThreshold: 3,
        MeasureLatency: false,
        Inverted: false,
        Disabled: false,
        EnableSNI: false,
      },
    });
    assert.deepEqual(await get(created.Id), created);
    assert.equal(lab.account.healthChecks?.length, 1);
  });

  it("CreateHealthCheck: keeps every setting", async () => {
    const settings = {
      Type: "HTTPS_STR_MATCH",
      IPAddress: "2001:db8::10",
      FullyQualifiedDomainName: "app.example.com",
      Port: 8443,
      ResourcePath: "/healthz?full=1&a=<b>",
      SearchString: 'all "well" & good',
      RequestInterval: 10,
      FailureThreshold: 1,
      MeasureLatency: true,
      Inverted: true,
      Disabled: true,
      EnableSNI: false,
      Regions: ["eu-west-1", "us-east-1", "us-west-2"],
    } satisfies HealthCheckConfig;
    const { Id } = await create(settings);
    assert.deepEqual((await get(Id))?.HealthCheckConfig, settings);
  });

  for (const [Type, Port, EnableSNI] of [
    ["HTTP", 80, false],
    ["HTTP_STR_MATCH", 80, false],
    ["HTTPS", 443, true],
    ["HTTPS_STR_MATCH", 443, true],
  ] as const)
    it(`CreateHealthCheck: ${Type} asks at ${Port}`, async () => {
      const SearchString = Type.endsWith("_STR_MATCH") ? "ok" : undefined;
      const { HealthCheckConfig } = await create({ Type, FullyQualifiedDomainName: "app.example.com", SearchString });
      assert.deepEqual([HealthCheckConfig?.Port, HealthCheckConfig?.EnableSNI], [Port, EnableSNI]);
    });

  it("CreateHealthCheck: the same call once more gives what the first made", async () => {
    const first = await create();
    assert.deepEqual(await create(), first);
    assert.deepEqual(await create({ ...tcp, RequestInterval: 30 }), first);
    assert.equal(lab.account.healthChecks?.length, 1);
    const second = await create(tcp, "two");
    assert.notEqual(second.Id, first.Id);
    assert.equal(lab.account.healthChecks.length, 2);
  });

  it("CreateHealthCheck: a reference is taken once, also when its check is gone", async () => {
    const text = "A different health check has already been created with the specified caller reference.";
    const { Id } = await create();
    await refuses(create({ ...tcp, Port: 444 }), "HealthCheckAlreadyExists", text);
    await remove(Id);
    await refuses(create(), "HealthCheckAlreadyExists", text);
    await create(tcp, "two");
  });

  it("UpdateHealthCheck: changes what it is given, counts, and leaves the rest", async () => {
    const { Id: HealthCheckId, HealthCheckConfig } = await create();
    const changes = { IPAddress: "203.0.113.11", Port: 8443, FailureThreshold: 10, Inverted: true, Disabled: true };
    const updated = await update({ HealthCheckId, ...changes });
    assert.deepEqual(updated?.HealthCheckConfig, { ...HealthCheckConfig, ...changes });
    assert.equal(updated.HealthCheckVersion, 2);
    assert.deepEqual(await get(HealthCheckId), updated);
    const back = await update({
      HealthCheckId,
      HealthCheckVersion: 2,
      Inverted: false,
      Disabled: false,
      EnableSNI: true,
    });
    assert.deepEqual(back?.HealthCheckConfig, {
      ...HealthCheckConfig,
      ...changes,
      Inverted: false,
      Disabled: false,
      EnableSNI: true,
    });
    assert.equal(back.HealthCheckVersion, 3);
  });

  it("UpdateHealthCheck: text, Regions, and back to none", async () => {
    const { Id: HealthCheckId } = await create({
      Type: "HTTP_STR_MATCH",
      IPAddress: "203.0.113.10",
      SearchString: "a",
    });
    const texts = { ResourcePath: "/b", FullyQualifiedDomainName: "b.example.com" };
    const Regions = ["eu-west-1", "us-east-1", "us-west-2"] as const;
    const settings = async (): Promise<unknown[]> => {
      const config = (await get(HealthCheckId))?.HealthCheckConfig;
      return [config?.ResourcePath, config?.FullyQualifiedDomainName, config?.SearchString, config?.Regions];
    };
    await update({ HealthCheckId, ...texts, SearchString: "b", Regions: [...Regions] });
    assert.deepEqual(await settings(), ["/b", "b.example.com", "b", Regions]);
    await update({ HealthCheckId, ResetElements: ["ResourcePath"] });
    assert.deepEqual(await settings(), [undefined, "b.example.com", "b", Regions]);
    await update({ HealthCheckId, ResetElements: ["FullyQualifiedDomainName", "Regions"] });
    assert.deepEqual(await settings(), [undefined, undefined, "b", undefined]);
    await update({ HealthCheckId, ...texts });
    await update({ HealthCheckId, ResourcePath: "", FullyQualifiedDomainName: "" });
    assert.deepEqual(await settings(), [undefined, undefined, "b", undefined]);
  });

  it("UpdateHealthCheck: refuses another version, and what would not go together", async () => {
    const { Id: HealthCheckId } = await create();
    const before = structuredClone(lab.account.healthChecks);
    for (const HealthCheckVersion of [0, 2])
      await refuses(
        update({ HealthCheckId, HealthCheckVersion, Port: 444 }),
        "HealthCheckVersionMismatch",
        "doesn't match",
      );
    await refuses(update({ HealthCheckId, ResourcePath: "/" }), "InvalidInput", "must not have a resource path");
    await refuses(update({ HealthCheckId, IPAddress: "10.0.0.1" }), "InvalidInput", "10.0.0.1");
    await refuses(update({ HealthCheckId, IPAddress: "" }), "InvalidInput", "IPAddress");
    await refuses(update({ HealthCheckId, Port: 0 }), "InvalidInput", "Port");
    await refuses(update({ HealthCheckId, ResetElements: ["ChildHealthChecks"] }), "InvalidInput", "ResetElements");
    assert.deepEqual(lab.account.healthChecks, before);
    const named = await create({ Type: "TCP", FullyQualifiedDomainName: "app.example.com", Port: 443 }, "two");
    await refuses(
      update({ HealthCheckId: named.Id, IPAddress: "203.0.113.10", ResetElements: ["FullyQualifiedDomainName"] }),
      "InvalidInput",
      "An IP address cannot be added",
    );
  });

  it("ListHealthChecks: by pages", async () => {
    const list = async (Marker?: string, MaxItems?: number) =>
      lab.route53.send(new ListHealthChecksCommand({ Marker, MaxItems }));
    const none = await list();
    assert.deepEqual(
      [none.HealthChecks, none.IsTruncated, none.NextMarker, none.MaxItems],
      [[], false, undefined, 100],
    );
    const [one, two, three] = [await create(tcp, "1"), await create(tcp, "2"), await create(tcp, "3")];
    assert.deepEqual((await list()).HealthChecks, [one, two, three]);
    const first = await list(undefined, 2);
    assert.deepEqual(
      [first.HealthChecks, first.IsTruncated, first.NextMarker, first.MaxItems],
      [[one, two], true, three.Id, 2],
    );
    const last = await list(first.NextMarker, 2);
    assert.deepEqual(
      [last.HealthChecks, last.IsTruncated, last.NextMarker, last.Marker],
      [[three], false, undefined, three.Id],
    );
    await refuses(list(nobody), "InvalidInput", `The marker ${nobody} is not valid.`);
    for (const size of [0, 101]) await refuses(list(undefined, size), "InvalidInput", "maxitems");
  });

  it("DeleteHealthCheck: removes that one", async () => {
    const [one, two] = [await create(tcp, "1"), await create(tcp, "2")];
    await remove(one.Id);
    assert.deepEqual(
      lab.account.healthChecks?.map(({ healthCheckId }) => healthCheckId),
      [two.Id],
    );
  });

  it("DeleteHealthCheck: not while a record set names it", async () => {
    const { Id } = await create();
    const record = lab.account.hostedZones[0]?.records.find(({ name }) => name === "api.k8s.example.com.");
    assert(record);
    record.healthCheckId = Id;
    await refuses(remove(Id), "HealthCheckInUse", `The health check ${Id} is in use by api.k8s.example.com. A.`);
    delete record.healthCheckId;
    await remove(Id);
    assert.deepEqual(lab.account.healthChecks, []);
  });

  it("tags of a health check", async () => {
    const resource = { ResourceType: "healthcheck" as const, ResourceId: (await create()).Id };
    const change = (more: Partial<ChangeTagsForResourceCommandInput>) =>
      lab.route53.send(new ChangeTagsForResourceCommand({ ...resource, ...more }));
    const tags = async () => (await lab.route53.send(new ListTagsForResourceCommand(resource))).ResourceTagSet;
    assert.deepEqual(await tags(), { ...resource, Tags: [] });
    await change({ AddTags: [{ Key: "a", Value: "1" }, { Key: "b" }] });
    await change({ AddTags: [{ Key: "c", Value: "3" }], RemoveTagKeys: ["a"] });
    assert.deepEqual(await tags(), {
      ...resource,
      Tags: [
        { Key: "b", Value: "" },
        { Key: "c", Value: "3" },
      ],
    });
    assert.equal(lab.account.hostedZones[0]?.tags, undefined);
  });

  it("a health check that is not there is NoSuchHealthCheck, for every call on it", async () => {
    const resource = { ResourceType: "healthcheck" as const, ResourceId: nobody };
    for (const call of [
      get(),
      update({ HealthCheckId: nobody, Port: 444 }),
      remove(),
      lab.route53.send(new ListTagsForResourceCommand(resource)),
      lab.route53.send(new ChangeTagsForResourceCommand({ ...resource, AddTags: [{ Key: "a", Value: "1" }] })),
    ])
      await refuses(call, "NoSuchHealthCheck", `A health check with id ${nobody} does not exist.`);
  });

  it("HTTP status codes are those of the API", async () => {
    const statusOf = (call: Promise<unknown>): Promise<unknown> =>
      call.then(
        () => 200,
        (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode,
      );
    const { Id: HealthCheckId } = await create();
    assert.equal(await statusOf(get()), 404);
    assert.equal(await statusOf(create({ ...tcp, Port: 444 })), 409);
    assert.equal(await statusOf(update({ HealthCheckId, HealthCheckVersion: 7 })), 409);
    assert.equal(await statusOf(update({ HealthCheckId, Port: 0 })), 400);
  });
});
