/**
 * SDK calls for what the `aws` plugin has no resource or function for. They use the settings of the stack's `aws` provider: region,
 * profile, roles and endpoints. A provider can be set up in other ways too, so the caller's identity is checked.
 */
import type * as ec2 from "@aws-sdk/client-ec2";
import type * as sts from "@aws-sdk/client-sts";
import type * as pulumi from "@pulumi/pulumi";

/** A role that is assumed with the credentials of the one before it. */
export interface Role {
  roleArn: string;
  sessionName?: string;
  externalId?: string;
  policy?: string;
  sourceIdentity?: string;
}

/** Services that we call with the SDK, as `aws:endpoints` names them. */
const services = ["ec2", "elbv2", "sts", "autoscaling", "route53"] as const;
export type Service = (typeof services)[number];

/** How the stack's `aws` provider is set up, without secrets. A missing value comes from the environment, as it does for the provider. */
export interface Connection {
  region?: string;
  profile?: string;
  endpoints?: Partial<Record<Service, string>>;
  assumeRoles?: Role[];
}

/** The `aws:` settings that SDK calls use. */
export const connectionSettings = ["region", "profile", "endpoints", "assumeRoles"] as const;

/** The given keys of an object whose values are not empty. */
const nonEmpty = <Key extends string>(
  values: Partial<Record<Key, string>>,
  keys: readonly Key[],
): Partial<Record<Key, string>> =>
  Object.fromEntries(keys.flatMap((key) => (values[key] ? [[key, values[key]]] : []))) as Partial<Record<Key, string>>;

/**
 * The one parser of the `aws:` settings, for the program and for the command line.
 * @param setting a setting's text, by its key without `aws:`; lists are JSON
 */
export function connectionOf(setting: (key: (typeof connectionSettings)[number]) => string | undefined): Connection {
  const list = <T>(key: "endpoints" | "assumeRoles"): T[] => JSON.parse(setting(key) || "[]") as T[];
  const urls = Object.assign({}, ...list("endpoints")) as Partial<Record<Service, string>>;
  const endpoints = nonEmpty(urls, services);
  const assumeRoles = list<Partial<Role>>("assumeRoles").flatMap(({ roleArn, ...role }) =>
    roleArn ? [{ roleArn, ...nonEmpty(role, ["sessionName", "externalId", "policy", "sourceIdentity"]) }] : [],
  );
  // The SDK for JavaScript does not read AWS_DEFAULT_REGION; the provider does.
  const region = setting("region") || process.env["AWS_REGION"] || process.env["AWS_DEFAULT_REGION"];
  return {
    ...nonEmpty({ region, profile: setting("profile") }, ["region", "profile"]),
    ...(Object.keys(endpoints).length > 0 ? { endpoints } : {}),
    ...(assumeRoles.length > 0 ? { assumeRoles } : {}),
  };
}

/** The connection of the stack whose program is running. */
export function awsConnection(): Connection {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- half a second, which the command line does not need
  const { Config } = require("@pulumi/pulumi") as typeof pulumi;
  const settings = new Config("aws");
  return connectionOf((key) => settings.get(key));
}

/** The user or role of an ARN, without the name of the session: that differs from login to login. */
export function principal(arn: string): string {
  return arn.replace(/^(arn:[^:]*:sts::\d*:assumed-role\/[^/]+)\/.*$/, "$1");
}

/* eslint-disable @typescript-eslint/no-require-imports -- a third of a second, so loaded by the first call: docs/decisions/0003 */
export const ec2Sdk = (): typeof ec2 => require("@aws-sdk/client-ec2") as typeof ec2;
const stsSdk = (): typeof sts => require("@aws-sdk/client-sts") as typeof sts;
/* eslint-enable @typescript-eslint/no-require-imports */

/** The official provider tries 25 times; ten cover a minute of throttling. */
const maxAttempts = 10;

type Credentials = NonNullable<ec2.EC2ClientConfig["credentials"]>;

/** Credentials of the last of the roles; the SDK asks again when they expire. */
function assume(connection: Connection): { credentials?: Credentials } {
  const { region, profile, endpoints, assumeRoles = [] } = connection;
  return assumeRoles.reduce<{ credentials?: Credentials }>((before, role) => {
    const credentials = async () => {
      const sdk = stsSdk();
      const client = new sdk.STSClient({
        ...(region ? { region } : {}),
        ...(profile ? { profile } : {}),
        ...(endpoints?.sts ? { endpoint: endpoints.sts } : {}),
        ...before,
        maxAttempts,
      });
      const { Credentials: got } = await client.send(
        new sdk.AssumeRoleCommand({
          RoleArn: role.roleArn,
          RoleSessionName: role.sessionName ?? "kops-secondary-ingress",
          ExternalId: role.externalId,
          Policy: role.policy,
          SourceIdentity: role.sourceIdentity,
        }),
      );
      if (!got?.AccessKeyId || !got.SecretAccessKey) throw new Error(`AWS gave no credentials for ${role.roleArn}`);
      return {
        accessKeyId: got.AccessKeyId,
        secretAccessKey: got.SecretAccessKey,
        ...(got.SessionToken ? { sessionToken: got.SessionToken } : {}),
        ...(got.Expiration ? { expiration: got.Expiration } : {}),
      };
    };
    return { credentials };
  }, {});
}

export interface ClientOptions {
  /** 1 for a call that must not be made twice; the default rides out a minute of throttling. */
  attempts?: number;
}

/** Settings of the SDK's client for a service. */
export function clientSettings(
  connection: Connection,
  service: Service,
  { attempts = maxAttempts }: ClientOptions = {},
): Pick<ec2.EC2ClientConfig, "region" | "profile" | "endpoint" | "credentials" | "maxAttempts"> {
  const { region, profile, endpoints } = connection;
  const endpoint = endpoints?.[service];
  return {
    ...(region ? { region } : {}),
    ...(profile ? { profile } : {}),
    ...(endpoint ? { endpoint } : {}),
    ...assume(connection),
    maxAttempts: attempts,
  };
}

/** A client for EC2. */
export const ec2Client = (connection: Connection, options?: ClientOptions): ec2.EC2Client =>
  new (ec2Sdk().EC2Client)(clientSettings(connection, "ec2", options));

/**
 * @param expected ARN of the provider's user or role, as `principal` gives it
 * @param strictly refuse another user or role too, and not only another account
 * @throws if the SDK calls would run as a different principal than the provider
 */
export async function checkCaller(connection: Connection, expected: string, strictly: boolean): Promise<void> {
  const sdk = stsSdk();
  const client = new sdk.STSClient(clientSettings(connection, "sts"));
  const { Arn = "" } = await client.send(new sdk.GetCallerIdentityCommand({}));
  const found = principal(Arn);
  const account = (arn: string): string | undefined => arn.split(":")[4];
  if (strictly ? found === expected : account(found) === account(expected)) return;
  throw new Error(
    `expected to call AWS as ${expected}, as the aws provider does, found ${found}: give both the same credentials, ` +
      "by the environment or by aws:profile, aws:region and aws:assumeRoles in the stack's settings",
  );
}
