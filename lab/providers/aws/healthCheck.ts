/** aws.route53.HealthCheck of endpoint types: route53/health_check.go. */
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type {
  ChangeTagsForResourceCommandInput,
  HealthCheckConfig,
  HealthCheckType,
  UpdateHealthCheckCommandInput,
} from "@aws-sdk/client-route-53";
import { optionalText, PartlyCreated, type Properties, type ResourceType, text } from "../resource";
import { route53Client, route53Sdk, unlessGone } from "./client";
import { fromList, tagProperties } from "./tags";

/** AWS's names of the updatable settings, and the value that the official plugin sends for a removed one. */
const changeable = {
  disabled: ["Disabled", false],
  enableSni: ["EnableSNI", false],
  failureThreshold: ["FailureThreshold", 0],
  fqdn: ["FullyQualifiedDomainName", ""],
  invertHealthcheck: ["Inverted", false],
  ipAddress: ["IPAddress", ""],
  port: ["Port", 0],
  regions: ["Regions", []],
  resourcePath: ["ResourcePath", ""],
  searchString: ["SearchString", ""],
} as const satisfies Record<string, [keyof HealthCheckConfig & keyof UpdateHealthCheckCommandInput, unknown]>;

const settings: Readonly<Record<string, keyof HealthCheckConfig>> = {
  ...Object.fromEntries(Object.entries(changeable).map(([name, [awsName]]) => [name, awsName])),
  measureLatency: "MeasureLatency",
  requestInterval: "RequestInterval",
};

/** Defaults set by AWS; they do not count as drift. */
const filledIn = ["enableSni", "failureThreshold"];

/** The order of Regions does not matter. */
const comparable = (value: unknown): unknown => (Array.isArray(value) ? value.toSorted() : value);
const same = (a: unknown, b: unknown): boolean => isDeepStrictEqual(comparable(a), comparable(b));

/** Omits unset values; the official plugin treats `false` and 0 as unset. */
function newConfig(inputs: Properties): HealthCheckConfig {
  const given = Object.entries(settings).flatMap(([name, awsName]) => (inputs[name] ? [[awsName, inputs[name]]] : []));
  return { Type: text(inputs, "type") as HealthCheckType, ...Object.fromEntries(given) };
}

/** Terraform's unique ID has 26 digits (helper/id UniqueIdSuffixLength). */
function callerReference(inputs: Properties): string {
  const prefix = optionalText(inputs, "referenceName");
  return `${prefix === undefined ? "" : `${prefix}-`}terraform-${randomBytes(13).toString("hex")}`;
}

const tagsOf = (properties: Properties): Record<string, string> => (properties["tags"] ?? {}) as Record<string, string>;

/** One call, or none if the tags are equal. */
async function updateTags(id: string, olds: Properties, news: Properties): Promise<void> {
  const [before, after] = [tagsOf(olds), tagsOf(news)];
  const RemoveTagKeys = Object.keys(before).filter((key) => !(key in after));
  const AddTags = Object.entries(after).flatMap(([Key, Value]) => (before[Key] === Value ? [] : [{ Key, Value }]));
  const lists: Partial<ChangeTagsForResourceCommandInput> = {
    ...(AddTags.length > 0 && { AddTags }),
    ...(RemoveTagKeys.length > 0 && { RemoveTagKeys }),
  };
  if (Object.keys(lists).length === 0) return;
  const sdk = route53Sdk();
  await route53Client().send(
    new sdk.ChangeTagsForResourceCommand({ ResourceType: "healthcheck", ResourceId: id, ...lists }),
  );
}

/** Converts settings to properties; omits a `false` that the program does not set. */
function properties(config: HealthCheckConfig, outputs: Properties): Properties {
  const seen = Object.entries(settings).map(([name, awsName]): [string, unknown] => {
    const value = config[awsName];
    if (value === false && name === "invertHealthcheck") return [name, outputs[name] === undefined ? undefined : value];
    return [name, same(value, outputs[name]) ? outputs[name] : value];
  });
  return { type: config.Type, ...Object.fromEntries(seen) };
}

async function read(id: string, outputs: Properties): Promise<Properties | undefined> {
  const sdk = route53Sdk();
  const answer = await unlessGone(
    route53Client().send(new sdk.GetHealthCheckCommand({ HealthCheckId: id })),
    "NoSuchHealthCheck",
  );
  if (!answer) return undefined;
  const config = answer.HealthCheck?.HealthCheckConfig;
  if (!config) throw new Error(`expected the settings of health check ${id}, found a response without them`);
  const resource = { ResourceType: "healthcheck", ResourceId: id } as const;
  const { ResourceTagSet } = await route53Client().send(new sdk.ListTagsForResourceCommand(resource));
  return {
    arn: `arn:aws:route53:::healthcheck/${id}`,
    ...properties(config, outputs),
    ...tagProperties(fromList(ResourceTagSet?.Tags)),
  };
}

/**
 * Reads a health check after its creation or update.
 * @throws if it is gone
 */
async function readBack(id: string, outputs: Properties): Promise<Properties> {
  const found = await read(id, outputs);
  if (!found) throw new Error(`health check ${id} not found`);
  return found;
}

export const healthCheck: ResourceType = {
  inputs: ["type", ...Object.keys(settings), "referenceName", "tags"],
  writeOnly: ["referenceName"],
  computed: ["arn", ...filledIn, "tagsAll"],
  recomputed: ["tagsAll"],
  replaceOn: ["type", "requestInterval", "measureLatency", "referenceName"],
  normalize: (inputs) => ({ disabled: false, measureLatency: false, ...inputs }),
  create: async (inputs) => {
    const sdk = route53Sdk();
    const CallerReference = callerReference(inputs);
    const answer = await route53Client().send(
      new sdk.CreateHealthCheckCommand({ CallerReference, HealthCheckConfig: newConfig(inputs) }),
    );
    const id = answer.HealthCheck?.Id ?? "";
    try {
      await updateTags(id, {}, inputs);
      return { id, outputs: { ...inputs, ...(await readBack(id, inputs)) } };
    } catch (error) {
      // Omits the tags from the state, so that the next run sets them.
      throw new PartlyCreated({ id, outputs: { ...inputs, tags: undefined } }, (error as Error).message);
    }
  },
  read,
  update: async (id, olds, news) => {
    await updateTags(id, olds, news);
    const changed = Object.entries(changeable).filter(
      ([name, [, none]]) =>
        !same(olds[name] ?? none, news[name] ?? none) && !(filledIn.includes(name) && news[name] === undefined),
    );
    if (changed.length > 0) {
      const sdk = route53Sdk();
      const changes = Object.fromEntries(changed.map(([name, [awsName, none]]) => [awsName, news[name] ?? none]));
      await route53Client().send(new sdk.UpdateHealthCheckCommand({ HealthCheckId: id, ...changes }));
    }
    return { ...news, ...(await readBack(id, news)) };
  },
  delete: async (id) => {
    const sdk = route53Sdk();
    await unlessGone(
      route53Client().send(new sdk.DeleteHealthCheckCommand({ HealthCheckId: id })),
      "NoSuchHealthCheck",
    );
  },
};
