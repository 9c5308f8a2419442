/** The provider's settings, as far as they are served. */
import type { Properties } from "../resource";
import type { Role } from "./roles";

export interface AwsConfig {
  region?: string;
  profile?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Each is assumed as the one before it. */
  assumeRoles: Role[];
  /** URLs by service: `autoscaling`, `ec2`, `elbv2`, `route53`, `sts`. */
  endpoints: Record<string, string | undefined>;
  skipCredentialsValidation: boolean;
  skipRequestingAccountId: boolean;
}

const texts = ["region", "profile", "accessKey", "secretKey", "token"] as const;
/** Of no consequence for what is served here. */
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

/** The engine hands over everything that is no text as JSON in a text. */
function fromJson(value: unknown): unknown {
  return typeof value === "string" ? (JSON.parse(value) as unknown) : value;
}

const isSet = ([, value]: [string, unknown]): boolean => value !== undefined && value !== null && value !== "";

/** @throws naming the settings that are not served */
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
      `the lab's 'aws' plugin does not serve the provider setting ${unserved.join(", ")}: run the lab with --plugins official`,
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
    // The official plugin passes over one that names no role.
    assumeRoles: roles.filter((role): role is Role => role.roleArn !== undefined),
    endpoints,
    skipCredentialsValidation: fromJson(properties["skipCredentialsValidation"]) === true,
    skipRequestingAccountId: fromJson(properties["skipRequestingAccountId"]) === true,
  };
}
