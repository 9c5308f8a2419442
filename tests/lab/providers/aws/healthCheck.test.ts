import assert from "node:assert/strict";
import type { Properties } from "../../../../lab/providers/resource";
import { failureOf, partlyCreated, unknown } from "../plugin";
import { useCloud } from "./cloud";

const type = "aws:route53/healthCheck:HealthCheck";
const asked = {
  type: "TCP",
  ipAddress: "203.0.113.10",
  port: 443,
  requestInterval: 30,
  failureThreshold: 3,
  disabled: false,
  measureLatency: false,
  tags: { Name: "ingress" },
};
const web = {
  type: "HTTPS_STR_MATCH",
  fqdn: "app.example.com",
  ipAddress: "203.0.113.10",
  port: 8443,
  resourcePath: "/healthz",
  searchString: "ok",
  requestInterval: 10,
  failureThreshold: 2,
  measureLatency: true,
  invertHealthcheck: true,
  disabled: true,
  enableSni: true,
  regions: ["us-west-2", "eu-west-1", "us-east-1"],
};

const without = (inputs: Properties, ...names: string[]): Properties =>
  Object.fromEntries(Object.entries(inputs).filter(([name]) => !names.includes(name)));

describe("lab plugin aws: HealthCheck", () => {
  const cloud = useCloud();
  const only = () => {
    assert.equal(cloud.account.healthChecks?.length, 1);
    const [made] = cloud.account.healthChecks;
    assert(made);
    return made;
  };
  const sent = (action: string) => {
    const { HealthCheckId, ...rest } = cloud.parametersOf(action);
    assert.equal(HealthCheckId, only().healthCheckId);
    return rest;
  };
  afterEach(() => assert.deepEqual(cloud.account.healthChecks ?? [], []));

  it("is made, read and deleted by the calls of the official plugin", async () => {
    const { id, outputs } = await cloud.plugin.create(type, asked);
    assert.deepEqual(cloud.calls(), [
      ...["CreateHealthCheck", "ChangeTagsForResource", "GetHealthCheck", "ListTagsForResource"],
    ]);
    const { CallerReference, ...settings } = cloud.parametersOf("CreateHealthCheck");
    assert.match(CallerReference ?? "", /^terraform-[0-9a-f]{26}$/);
    assert.deepEqual(settings, {
      "HealthCheckConfig.Type": "TCP",
      "HealthCheckConfig.IPAddress": "203.0.113.10",
      "HealthCheckConfig.Port": "443",
      "HealthCheckConfig.RequestInterval": "30",
      "HealthCheckConfig.FailureThreshold": "3",
    });
    assert.deepEqual(cloud.parametersOf("ChangeTagsForResource"), {
      ResourceType: "healthcheck",
      ResourceId: id,
      "AddTags.Tag.1.Key": "Name",
      "AddTags.Tag.1.Value": "ingress",
    });
    assert.equal(id, only().healthCheckId);
    assert.deepEqual(outputs, {
      ...asked,
      arn: `arn:aws:route53:::healthcheck/${id}`,
      enableSni: false,
      tagsAll: asked.tags,
    });

    assert.deepEqual(await cloud.plugin.read(type, id, outputs, asked), { id, outputs, inputs: asked });
    assert.deepEqual(cloud.calls(), ["GetHealthCheck", "ListTagsForResource"]);

    await cloud.plugin.delete(type, id, outputs);
    assert.deepEqual(cloud.calls(), ["DeleteHealthCheck"]);
    assert.equal((await cloud.plugin.read(type, id, outputs, asked)).id, "");
    assert.deepEqual(cloud.calls(), ["GetHealthCheck"]);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("has every setting of an HTTPS endpoint, and no tags but those given", async () => {
    const { id, outputs } = await cloud.plugin.create(type, web);
    assert.deepEqual(cloud.calls(), ["CreateHealthCheck", "GetHealthCheck", "ListTagsForResource"]);
    assert.deepEqual(only().config, {
      type: "HTTPS_STR_MATCH",
      fullyQualifiedDomainName: "app.example.com",
      ipAddress: "203.0.113.10",
      port: 8443,
      resourcePath: "/healthz",
      searchString: "ok",
      requestInterval: 10,
      failureThreshold: 2,
      measureLatency: true,
      inverted: true,
      disabled: true,
      enableSni: true,
      regions: web.regions,
    });
    assert.deepEqual(outputs["tags"], undefined);
    only().config.regions?.reverse();
    assert.deepEqual((await cloud.plugin.read(type, id, outputs, web)).inputs, web);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("begins its reference with the name that it is given, which is not read back", async () => {
    const named = { ...asked, referenceName: "ingress" };
    const { id, outputs } = await cloud.plugin.create(type, named);
    assert.match(only().callerReference, /^ingress-terraform-[0-9a-f]{26}$/);
    assert.deepEqual((await cloud.plugin.read(type, id, outputs, named)).inputs, named);
    const imported = await cloud.plugin.read(type, id);
    assert.deepEqual(imported.inputs, { ...asked, enableSni: false });
    await cloud.plugin.delete(type, id, outputs);
  });

  it("is updated by what changed", async () => {
    const { id, outputs } = await cloud.plugin.create(type, web);
    cloud.calls();
    const news = {
      ...web,
      ipAddress: "203.0.113.11",
      port: 443,
      invertHealthcheck: false,
      failureThreshold: 5,
      disabled: false,
      enableSni: false,
      resourcePath: "/",
      searchString: "fine",
      fqdn: "b.example.com",
      regions: ["us-east-1", "eu-west-1", "sa-east-1"],
    };
    const updated = await cloud.plugin.update(type, id, { outputs, inputs: web }, news);
    assert.deepEqual(cloud.calls(), ["UpdateHealthCheck", "GetHealthCheck", "ListTagsForResource"]);
    assert.deepEqual(sent("UpdateHealthCheck"), {
      IPAddress: "203.0.113.11",
      Port: "443",
      Inverted: "false",
      FailureThreshold: "5",
      Disabled: "false",
      EnableSNI: "false",
      ResourcePath: "/",
      SearchString: "fine",
      FullyQualifiedDomainName: "b.example.com",
      "Regions.Region.1": "us-east-1",
      "Regions.Region.2": "eu-west-1",
      "Regions.Region.3": "sa-east-1",
    });
    assert.deepEqual(updated, { ...outputs, ...news });
    assert.equal(only().version, 2);

    await cloud.plugin.update(type, id, { outputs: updated, inputs: news }, { ...news, port: 444 });
    assert.deepEqual(sent("UpdateHealthCheck"), { Port: "444" });
    await cloud.plugin.delete(type, id, updated);
  });

  it("takes out a setting, but not what AWS filled in", async () => {
    const { id, outputs } = await cloud.plugin.create(type, web);
    const news = without(web, "resourcePath", "invertHealthcheck", "enableSni", "failureThreshold");
    cloud.calls();
    const updated = await cloud.plugin.update(type, id, { outputs, inputs: web }, news);
    assert.deepEqual(sent("UpdateHealthCheck"), { ResourcePath: "", Inverted: "false" });
    assert.deepEqual(
      [updated["resourcePath"], updated["invertHealthcheck"], updated["enableSni"], updated["failureThreshold"]],
      [undefined, undefined, true, 2],
    );
    assert.deepEqual((await cloud.plugin.read(type, id, updated, news)).inputs, news);
    cloud.calls();
    const reordered = { ...news, regions: web.regions.toReversed(), invertHealthcheck: false };
    await cloud.plugin.update(type, id, { outputs: updated, inputs: news }, reordered);
    assert.deepEqual(cloud.calls(), ["GetHealthCheck", "ListTagsForResource"]);
    await cloud.plugin.delete(type, id, updated);
  });

  it("has its tags changed by one call, apart from the settings", async () => {
    const { id, outputs } = await cloud.plugin.create(type, { ...asked, tags: { a: "1", b: "2", c: "3" } });
    cloud.calls();
    const news = { ...asked, tags: { a: "1", b: "3", d: "4" } };
    const updated = await cloud.plugin.update(type, id, { outputs, inputs: asked }, news);
    assert.deepEqual(cloud.calls(), ["ChangeTagsForResource", "GetHealthCheck", "ListTagsForResource"]);
    assert.deepEqual(cloud.parametersOf("ChangeTagsForResource"), {
      ResourceType: "healthcheck",
      ResourceId: id,
      "AddTags.Tag.1.Key": "b",
      "AddTags.Tag.1.Value": "3",
      "AddTags.Tag.2.Key": "d",
      "AddTags.Tag.2.Value": "4",
      "RemoveTagKeys.Key.1": "c",
    });
    assert.deepEqual([updated["tags"], updated["tagsAll"]], [news.tags, news.tags]);
    const bare = without(asked, "tags");
    const untagged = await cloud.plugin.update(type, id, { outputs: updated, inputs: news }, bare);
    assert.deepEqual([untagged["tags"], untagged["tagsAll"], only().tags], [undefined, {}, {}]);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("is replaced where AWS cannot change it", async () => {
    const replaced = async (news: Properties) => (await cloud.plugin.diff(type, asked, { ...asked, ...news })).replaces;
    assert.deepEqual(await replaced({ type: "HTTP" }), ["type"]);
    assert.deepEqual(await replaced({ requestInterval: 10 }), ["requestInterval"]);
    assert.deepEqual(await replaced({ measureLatency: true }), ["measureLatency"]);
    assert.deepEqual(await replaced({ referenceName: "other" }), ["referenceName"]);
    const inPlace = { ipAddress: "203.0.113.11", port: 444, failureThreshold: 5, disabled: true, tags: {}, fqdn: "a" };
    assert.deepEqual(await replaced(inPlace), []);
  });

  it("has the defaults of the official plugin, and outputs that a preview does not know", async () => {
    const { inputs, failures } = await cloud.plugin.check(type, { type: "TCP", port: 443 });
    assert.deepEqual([inputs, failures], [{ type: "TCP", port: 443, disabled: false, measureLatency: false }, {}]);
    const given = await cloud.plugin.check(type, { type: "TCP", disabled: true, measureLatency: true });
    assert.deepEqual(given.inputs, { type: "TCP", disabled: true, measureLatency: true });
    const { failures: unserved } = await cloud.plugin.check(type, { type: "CALCULATED", childHealthchecks: [] });
    assert.deepEqual(Object.keys(unserved), ["childHealthchecks"]);
    const { outputs } = await cloud.plugin.create(type, asked, { preview: true });
    assert.deepEqual([outputs["arn"], outputs["enableSni"], outputs["failureThreshold"]], [unknown, unknown, 3]);
  });

  it("shows what AWS filled in where the program should have said it", async () => {
    const bare = without(asked, "requestInterval", "failureThreshold");
    const { id, outputs } = await cloud.plugin.create(type, bare);
    const { inputs } = await cloud.plugin.read(type, id, outputs, bare);
    assert.deepEqual(inputs, { ...bare, requestInterval: 30 });
    assert.deepEqual((await cloud.plugin.diff(type, inputs, bare)).replaces, ["requestInterval"]);
    await cloud.plugin.delete(type, id, outputs);
  });

  it("sees what somebody else changed", async () => {
    const { id, outputs } = await cloud.plugin.create(type, asked);
    Object.assign(only().config, { disabled: true, inverted: true, port: 80 });
    only().tags = { Name: "ingress", "aws:created": "by them", team: "b" };
    const { inputs } = await cloud.plugin.read(type, id, outputs, asked);
    const seen = { disabled: true, invertHealthcheck: true, port: 80, tags: { Name: "ingress", team: "b" } };
    assert.deepEqual(inputs, { ...asked, ...seen });
    await cloud.plugin.delete(type, id, outputs);
  });

  it("stays in the state when it could not be tagged, and is tagged by the next run", async () => {
    cloud.faults.push({ action: "ChangeTagsForResource", kind: "unauthorized", times: 1 });
    const failure = await failureOf(cloud.plugin.create(type, asked));
    assert.match(failure.details, /^operation error Route 53: ChangeTagsForResource, .* api error AccessDenied: /);
    const { id, outputs } = partlyCreated(failure);
    assert.equal(id, only().healthCheckId);
    const recovered = await cloud.plugin.update(type, id, { outputs, inputs: asked }, asked);
    assert.deepEqual([recovered["tags"], only().tags], [asked.tags, asked.tags]);
    await cloud.plugin.delete(type, id, recovered);
  });

  it("stays in the state when it cannot be read", async () => {
    cloud.faults.push({ action: "GetHealthCheck", kind: "stale", times: 1 });
    const bare = without(asked, "tags");
    const failure = await failureOf(cloud.plugin.create(type, bare));
    const { id, outputs } = partlyCreated(failure);
    assert.equal(failure.details, `health check ${id} not found`);
    await cloud.plugin.delete(type, id, outputs);
  });
});
