/** The provider's settings, as far as they are served. */
import type { Properties } from "../resource";

export interface AwsConfig {
  region?: string;
  profile?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** URLs by service: `ec2`, `route53`, `sts`. */
  endpoints: Record<string, string | undefined>;
  skipCredentialsValidation: boolean;
  skipRequestingAccountId: boolean;
}

const texts = ["region", "profile", "accessKey", "secretKey", "token"] as const;
/** Of no consequence for what is served here. */
const ignored = ["version", "pluginDownloadURL", "skipRegionValidation", "skipMetadataApiCheck"];
const served = [...texts, ...ignored, "endpoints", "skipCredentialsValidation", "skipRequestingAccountId"];
const services = ["ec2", "route53", "sts"];

/** The engine hands over everything that is no text as JSON in a text. */
function fromJson(value: unknown): unknown {
  return typeof value === "string" ? (JSON.parse(value) as unknown) : value;
}

/** @throws naming the settings that are not served */
export function readConfig(properties: Properties): AwsConfig {
  const set = Object.entries(properties).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const endpoints = Object.assign(
    {},
    ...((fromJson(properties["endpoints"]) ?? []) as object[]),
  ) as AwsConfig["endpoints"];
  const unserved = [
    ...set.map(([name]) => name).filter((name) => !served.includes(name) && !name.startsWith("__")),
    ...Object.keys(endpoints)
      .filter((name) => !services.includes(name))
      .map((name) => `endpoints.${name}`),
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
    endpoints,
    skipCredentialsValidation: fromJson(properties["skipCredentialsValidation"]) === true,
    skipRequestingAccountId: fromJson(properties["skipRequestingAccountId"]) === true,
  };
}
