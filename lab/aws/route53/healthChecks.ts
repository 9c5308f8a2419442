/** Health checks as settings that records refer to; no health checker runs. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Account, HealthCheck, HealthCheckConfig } from "../account";
import { action, type Answer } from "../action";
import { AwsError } from "../errors";
import { integer } from "../parameters";
import { changeableSettings, changed, configData, healthCheckSettings, newConfig } from "./healthCheckConfig";
import { xmlList } from "./xmlList";
import { pageSize } from "./zones";

/** @throws AwsError if there is none */
export function findHealthCheck(account: Account, id: string): HealthCheck {
  const found = account.healthChecks?.find(({ healthCheckId }) => healthCheckId === id);
  if (!found) throw new AwsError("NoSuchHealthCheck", `A health check with id ${id} does not exist.`, 404);
  return found;
}

const healthCheckData = ({ healthCheckId, callerReference, version, config }: HealthCheck): Answer => ({
  Id: healthCheckId,
  CallerReference: callerReference,
  HealthCheckConfig: configData(config),
  HealthCheckVersion: version,
});

const named = z.strictObject({ HealthCheckId: z.string() });

/** Idempotent: the same caller reference with the same settings returns the existing health check. */
export const createHealthCheck = action(
  "mutates",
  z.strictObject({ CallerReference: z.string().min(1).max(64), HealthCheckConfig: healthCheckSettings }),
  (account, { CallerReference: callerReference, HealthCheckConfig }) => {
    const config = newConfig(HealthCheckConfig);
    const earlier = account.healthChecks?.find((one) => one.callerReference === callerReference);
    const spent = account.spentHealthCheckReferences?.includes(callerReference);
    if (spent || (earlier && !isDeepStrictEqual(earlier.config, config)))
      throw new AwsError(
        "HealthCheckAlreadyExists",
        "A different health check has already been created with the specified caller reference.",
        409,
      );
    if (earlier) return { HealthCheck: healthCheckData(earlier) };
    const created: HealthCheck = { healthCheckId: randomUUID(), callerReference, version: 1, config };
    account.healthChecks = [...(account.healthChecks ?? []), created];
    return { HealthCheck: healthCheckData(created) };
  },
);

export const getHealthCheck = action("reads", named, (account, { HealthCheckId }) => ({
  HealthCheck: healthCheckData(findHealthCheck(account, HealthCheckId)),
}));

export const listHealthChecks = action(
  "reads",
  z.strictObject({ marker: z.string().optional(), maxitems: pageSize.default(100) }),
  (account, { marker, maxitems }) => {
    const all = account.healthChecks ?? [];
    const start = marker === undefined ? 0 : all.findIndex(({ healthCheckId }) => healthCheckId === marker);
    if (start < 0) throw new AwsError("InvalidInput", `The marker ${marker} is not valid.`);
    const next = all[start + maxitems];
    return {
      HealthChecks: { HealthCheck: all.slice(start, start + maxitems).map(healthCheckData) },
      Marker: marker,
      IsTruncated: next !== undefined,
      NextMarker: next?.healthCheckId,
      MaxItems: maxitems,
    };
  },
);

/** Settings that can be unset. */
const resettable = {
  FullyQualifiedDomainName: "fullyQualifiedDomainName",
  Regions: "regions",
  ResourcePath: "resourcePath",
} as const satisfies Record<string, keyof HealthCheckConfig>;

export const updateHealthCheck = action(
  "mutates",
  z.strictObject({
    ...named.shape,
    ...changeableSettings,
    HealthCheckVersion: integer.optional(),
    ResetElements: xmlList(
      "ResettableElementName",
      z.enum(["FullyQualifiedDomainName", "Regions", "ResourcePath"]),
    ).optional(),
  }),
  (account, { HealthCheckId, HealthCheckVersion, ResetElements = [], ...settings }) => {
    const healthCheck = findHealthCheck(account, HealthCheckId);
    if (HealthCheckVersion !== undefined && HealthCheckVersion !== healthCheck.version)
      throw new AwsError(
        "HealthCheckVersionMismatch",
        "The value of HealthCheckVersion in the request doesn't match the value of HealthCheckVersion in the health check.",
        409,
      );
    if (settings.IPAddress !== undefined && healthCheck.config.ipAddress === undefined)
      throw new AwsError(
        "InvalidInput",
        "Invalid parameter : An IP address cannot be added to an existing health check.",
      );
    const config = { ...healthCheck.config };
    for (const name of ResetElements) Reflect.deleteProperty(config, resettable[name]);
    healthCheck.config = changed(config, settings);
    healthCheck.version += 1;
    return { HealthCheck: healthCheckData(healthCheck) };
  },
);

/**
 * Stricter than Route 53, which deletes a health check that record sets refer to and leaves the result undefined: the
 * lab returns the API's documented error, to catch a wrong deletion order.
 */
export const deleteHealthCheck = action("mutates", named, (account, { HealthCheckId }) => {
  const { callerReference } = findHealthCheck(account, HealthCheckId);
  const users = account.hostedZones.flatMap(({ records }) =>
    records.filter((one) => one.healthCheckId === HealthCheckId),
  );
  if (users.length > 0)
    throw new AwsError(
      "HealthCheckInUse",
      `The health check ${HealthCheckId} is in use by ${users.map(({ name, type }) => `${name} ${type}`).join(", ")}.`,
    );
  account.healthChecks = account.healthChecks?.filter(({ healthCheckId }) => healthCheckId !== HealthCheckId);
  account.spentHealthCheckReferences = [...(account.spentHealthCheckReferences ?? []), callerReference];
  return {};
});
