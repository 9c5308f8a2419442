/** Assumes the provider's roles before any other call: aws-sdk-go-base's awsauth.go. */
import type { AssumeRoleCommandInput, AssumeRoleCommandOutput, STSClientConfig } from "@aws-sdk/client-sts";

/** An entry of the setting `assumeRoles`. */
export interface Role {
  roleArn: string;
  sessionName?: string;
  externalId?: string;
  /** A session policy as JSON. */
  policy?: string;
  sourceIdentity?: string;
}

export type Credentials = NonNullable<STSClientConfig["credentials"]>;
type Session = Awaited<ReturnType<Extract<Credentials, (...args: never[]) => unknown>>>;

/** Makes the call with the given credentials, or those of the SDK's default chain. */
type AssumeRole = (request: AssumeRoleCommandInput, as: Credentials | undefined) => Promise<AssumeRoleCommandOutput>;

async function assume(role: Role, as: Credentials | undefined, assumeRole: AssumeRole): Promise<Session> {
  const request = {
    RoleArn: role.roleArn,
    // Default session name of the official plugin's SDK.
    RoleSessionName: role.sessionName ?? `aws-go-sdk-${Date.now()}000000`,
    ExternalId: role.externalId,
    Policy: role.policy,
    SourceIdentity: role.sourceIdentity,
  };
  const { Credentials: given } = await assumeRole(request, as).catch((error: unknown) => {
    if (error instanceof Error) error.message = `IAM Role (${role.roleArn}) cannot be assumed: ${error.message}`;
    throw error;
  });
  if (!given?.AccessKeyId || !given.SecretAccessKey)
    throw new Error(`expected credentials for ${role.roleArn} in AWS's response, found none`);
  return {
    accessKeyId: given.AccessKeyId,
    secretAccessKey: given.SecretAccessKey,
    ...(given.SessionToken ? { sessionToken: given.SessionToken } : {}),
    ...(given.Expiration ? { expiration: given.Expiration } : {}),
  };
}

/** The SDK refreshes a session this many milliseconds before it expires. */
const margin = 5 * 60_000;

/**
 * Shares one session between all clients until it is about to expire; a failed request is retried by the next client.
 */
function shared(assumeAnew: () => Promise<Session>): () => Promise<Session> {
  let session: Promise<Session> | undefined;
  let until = Number.POSITIVE_INFINITY;
  return () => {
    if (session && Date.now() < until) return session;
    until = Number.POSITIVE_INFINITY;
    session = assumeAnew();
    session.then(
      ({ expiration }) => {
        if (expiration) until = expiration.getTime() - margin;
      },
      () => {
        session = undefined;
      },
    );
    return session;
  };
}

/**
 * Credentials of the last role, each assumed with those of the one before.
 * @param own credentials for the first role; undefined for the SDK's default chain
 */
export function afterRoles(
  own: Credentials | undefined,
  roles: readonly Role[],
  assumeRole: AssumeRole,
): Credentials | undefined {
  return roles.reduce((before, role) => shared(() => assume(role, before, assumeRole)), own);
}
