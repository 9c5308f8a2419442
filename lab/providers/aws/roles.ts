/** Roles that the provider assumes before it calls anything else: aws-sdk-go-base's awsauth.go. */
import type { AssumeRoleCommandInput, AssumeRoleCommandOutput, STSClientConfig } from "@aws-sdk/client-sts";

/** As the setting `assumeRoles` has it. */
export interface Role {
  roleArn: string;
  sessionName?: string;
  externalId?: string;
  /** JSON that narrows what the session may do. */
  policy?: string;
  sourceIdentity?: string;
}

export type Credentials = NonNullable<STSClientConfig["credentials"]>;
type Session = Awaited<ReturnType<Extract<Credentials, (...args: never[]) => unknown>>>;

/** Makes the call as somebody; absent: as whomever the SDK finds. */
type AssumeRole = (request: AssumeRoleCommandInput, as: Credentials | undefined) => Promise<AssumeRoleCommandOutput>;

async function assume(role: Role, as: Credentials | undefined, assumeRole: AssumeRole): Promise<Session> {
  const request = {
    RoleArn: role.roleArn,
    // The default of the official plugin's SDK.
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
    throw new Error(`expected credentials for ${role.roleArn} in AWS's answer, found none`);
  return {
    accessKeyId: given.AccessKeyId,
    secretAccessKey: given.SecretAccessKey,
    ...(given.SessionToken ? { sessionToken: given.SessionToken } : {}),
    ...(given.Expiration ? { expiration: given.Expiration } : {}),
  };
}

/** Milliseconds before its end from which the SDK asks for another session. */
const margin = 5 * 60_000;

/** One session for all clients, until it is about to end; one that was refused is asked for again. */
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
 * Credentials of the last of the roles, each assumed as the one before it.
 * @param own what the first is assumed with; absent: whatever the SDK finds
 */
export function afterRoles(
  own: Credentials | undefined,
  roles: readonly Role[],
  assumeRole: AssumeRole,
): Credentials | undefined {
  return roles.reduce((before, role) => shared(() => assume(role, before, assumeRole)), own);
}
