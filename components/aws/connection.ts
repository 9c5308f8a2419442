/**
 * Calls to AWS that the `aws` plugin has no resource or function for, made as the stack's `aws` provider makes its own: same
 * region, profile, roles and endpoints. Who calls is checked, for a provider can be set up in ways that are not followed here.
 */
import type * as ec2 from "@aws-sdk/client-ec2";
import type * as sts from "@aws-sdk/client-sts";
import * as awsConfig from "@pulumi/aws/config";

/** A role that is assumed with the credentials of the one before it. */
export interface Role {
  roleArn: string;
  sessionName?: string;
  externalId?: string;
  policy?: string;
  sourceIdentity?: string;
}

/** How the stack's `aws` provider is set up, without secrets. What is absent comes from the environment, as for the provider. */
export interface Connection {
  region?: string;
  profile?: string;
  endpoints?: { ec2?: string; elbv2?: string; sts?: string; autoscaling?: string };
  assumeRoles?: Role[];
}

/** The settings of an `aws` provider that SDK calls follow. */
export type AwsSettings = Pick<typeof awsConfig, "region" | "profile" | "endpoints" | "assumeRoles">;

/** The stack's own. */
export const awsConnection = (): Connection => connectionOf(awsConfig);

export function connectionOf({ region, profile, endpoints, assumeRoles }: AwsSettings): Connection {
  const urls = Object.assign({}, ...(endpoints ?? [])) as Record<string, string | undefined>;
  const { ec2, elbv2, sts } = urls;
  const roles = (assumeRoles ?? []).flatMap(({ roleArn, sessionName, externalId, policy, sourceIdentity }) =>
    roleArn
      ? [
          {
            roleArn,
            ...(sessionName ? { sessionName } : {}),
            ...(externalId ? { externalId } : {}),
            ...(policy ? { policy } : {}),
            ...(sourceIdentity ? { sourceIdentity } : {}),
          },
        ]
      : [],
  );
  return {
    ...(region ? { region } : {}),
    ...(profile ? { profile } : {}),
    ...(ec2 || elbv2 || sts
      ? { endpoints: { ...(ec2 ? { ec2 } : {}), ...(elbv2 ? { elbv2 } : {}), ...(sts ? { sts } : {}) } }
      : {}),
    ...(roles.length > 0 ? { assumeRoles: roles } : {}),
  };
}

/** The user or role of an ARN, without the name of the session: that differs from login to login. */
export function principal(arn: string): string {
  return arn.replace(/^(arn:[^:]*:sts::\d*:assumed-role\/[^/]+)\/.*$/, "$1");
}

/* eslint-disable @typescript-eslint/no-require-imports -- a third of a second, and loaded where the calls are made */
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

/** What the SDK's client for a service is set up with. */
export function clientSettings(
  connection: Connection,
  service: keyof NonNullable<Connection["endpoints"]>,
  { attempts = maxAttempts }: ClientOptions = {},
): ec2.EC2ClientConfig {
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
 * @throws when calls of our own would be somebody else's
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
