/** The supported provider settings. */
import type { Properties } from "../resource";
import type { Role } from "./roles";

export interface AwsConfig {
  region?: string;
  profile?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Assumed in order, each with the credentials of the one before. */
  assumeRoles: Role[];
  /** Keyed by service: `autoscaling`, `ec2`, `elbv2`, `route53`, `sts`. */
  endpoints: Record<string, string | undefined>;
  skipCredentialsValidation: boolean;
  skipRequestingAccountId: boolean;
}

const texts = ["region", "profile", "accessKey", "secretKey", "token"] as const;
/** Settings without effect on the supported resources. */
const ignored = ["version", "pluginDownloadURL", "skipRegionValidation", "skipMetadataApiCheck"];
const served = [
  ...texts,
  ...ignored,
  "assumeRoles",
  "endpoints",
  "skipCredentialsValidation",
  "skipRequestingAccountId",
];
const services = ["autoscaling", "ec2", "elbv2", "route53", "sts"];
const ofRole = ["roleArn", "sessionName", "externalId", "policy", "sourceIdentity"];

/** The engine passes every non-string setting as a JSON string. */
function fromJson(value: unknown): unknown {
  return typeof value === "string" ? (JSON.parse(value) as unknown) : value;
}

const isSet = ([, value]: [string, unknown]): boolean => value !== undefined && value !== null && value !== "";

/** @throws if a setting is not supported */
export function readConfig(properties: Properties): AwsConfig {
  const set = Object.entries(properties).filter(isSet);
  const roles = ((fromJson(properties["assumeRoles"]) ?? []) as object[]).map(
    (role) => Object.fromEntries(Object.entries(role).filter(isSet)) as Partial<Role>,
  );
  const endpoints = Object.assign(
    {},
    ...((fromJson(properties["endpoints"]) ?? []) as object[]),
  ) as AwsConfig["endpoints"];
  const unserved = [
    ...set.map(([name]) => name).filter((name) => !served.includes(name) && !name.startsWith("__")),
    ...Object.keys(endpoints)
      .filter((name) => !services.includes(name))
      .map((name) => `endpoints.${name}`),
    ...roles
      .flatMap((role) => Object.keys(role))
      .filter((name) => !ofRole.includes(name))
      .map((name) => `assumeRoles.${name}`),
  ];
  if (unserved.length > 0) {
    throw new Error(
      `the lab's 'aws' plugin does not support the provider setting ${unserved.join(", ")}: run the lab with --plugins official`,
    );
  }
  const [region, profile, accessKeyId, secretAccessKey, sessionToken] = texts.map((name) => {
    const value = properties[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  });
  return {
    ...(region ? { region } : {}),
    ...(profile ? { profile } : {}),
    ...(accessKeyId && secretAccessKey
      ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } }
      : {}),
    // The official plugin ignores entries without a role.
    assumeRoles: roles.filter((role): role is Role => role.roleArn !== undefined),
    endpoints,
    skipCredentialsValidation: fromJson(properties["skipCredentialsValidation"]) === true,
    skipRequestingAccountId: fromJson(properties["skipRequestingAccountId"]) === true,
  };
}
