/** STS: caller identity and assumed roles. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Account } from "./account";
import { action } from "./action";
import { AwsError } from "./errors";
import { profileByKey } from "./instanceProfile";
import { queryService } from "./queryService";

/** The lab's only IAM user. */
export const operator = { name: "operator", id: "AIDALABOPERATOR000000" } as const;

/** ARN of the user, session or instance that owns an access key; an unknown key counts as the operator's. */
export function callerArn(account: Account, principal: string): string {
  const { accountId, sessions = [] } = account;
  const profile = profileByKey(account, principal);
  if (profile) return `arn:aws:sts::${accountId}:assumed-role/${profile.role}/${profile.instance.instanceId}`;
  const session = sessions.find(({ accessKeyId }) => accessKeyId === principal);
  return session?.arn ?? `arn:aws:iam::${accountId}:user/${operator.name}`;
}

const getCallerIdentity = action("reads", z.strictObject({}), (account, _request, principal) => {
  const Arn = callerArn(account, principal);
  const session = /:assumed-role\/[^/]+\/(.+)$/.exec(Arn)?.[1];
  return {
    Arn,
    UserId: session ? `AROALABROLE0000000000:${session}` : operator.id,
    Account: account.accountId,
  };
});

/** All roles trust every principal of the account. */
const assumeRole = action(
  "mutates",
  z.strictObject({
    RoleArn: z.string(),
    RoleSessionName: z.string().regex(/^[\w+=,.@-]{2,64}$/),
    ExternalId: z.string().optional(),
    Policy: z.string().optional(),
    SourceIdentity: z.string().optional(),
    DurationSeconds: z.coerce.number().int().min(900).max(43200).default(3600),
  }),
  (account, { RoleArn, RoleSessionName, DurationSeconds }) => {
    const role = /^arn:aws:iam::(\d{12}):role\/(?:.+\/)?([^/]+)$/.exec(RoleArn);
    if (role?.[1] !== account.accountId)
      throw new AwsError(
        "AccessDenied",
        `User is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
        403,
      );
    const session = {
      accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
      arn: `arn:aws:sts::${account.accountId}:assumed-role/${role[2]}/${RoleSessionName}`,
    };
    account.sessions = [...(account.sessions ?? []), session];
    return {
      Credentials: {
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: randomBytes(30).toString("base64"),
        SessionToken: randomBytes(30).toString("base64"),
        Expiration: new Date(Date.now() + DurationSeconds * 1000).toISOString(),
      },
      AssumedRoleUser: { Arn: session.arn, AssumedRoleId: `AROALABROLE0000000000:${RoleSessionName}` },
    };
  },
);

export const stsVersion = "2011-06-15";

export const sts = queryService("sts.amazonaws.com", stsVersion, {
  AssumeRole: assumeRole,
  GetCallerIdentity: getCallerIdentity,
});
