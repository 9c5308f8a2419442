/** The subset of IAM that the official provider uses to find the account ID if it may not call STS. */
import { z } from "zod";
import type { Account } from "../account";
import { action, type Answer } from "../action";
import { AwsError } from "../errors";
import { queryService } from "../queryService";
import { callerArn, operator } from "../sts";

/** Creation date of everything in the account. */
const CreateDate = "2026-01-01T00:00:00Z";

const getUser = action("reads", z.strictObject({ UserName: z.string().optional() }), (account, request, principal) => {
  const own = /:user\/(.+)$/.exec(callerArn(account, principal))?.[1];
  const UserName = request.UserName ?? own;
  if (UserName === undefined)
    throw new AwsError("ValidationError", "Must specify userName when calling with non-User credentials");
  if (UserName !== operator.name)
    throw new AwsError("NoSuchEntity", `The user with name ${UserName} cannot be found.`, 404);
  const Arn = `arn:aws:iam::${account.accountId}:user/${UserName}`;
  return { User: { Path: "/", UserName, UserId: operator.id, Arn, CreateDate } };
});

/** The roles that kOps creates for control planes. */
function roles({ accountId, instances }: Account): Answer[] {
  const names = instances.flatMap(({ tags }) => tags["KubernetesCluster"] ?? []).map((cluster) => `masters.${cluster}`);
  return [...new Set(names)].sort().map((RoleName, index) => ({
    Path: "/",
    RoleName,
    RoleId: `AROALABMASTERS${String(index).padStart(7, "0")}`,
    Arn: `arn:aws:iam::${accountId}:role/${RoleName}`,
    CreateDate,
  }));
}

const listRoles = action(
  "reads",
  z.strictObject({ Marker: z.string().optional(), MaxItems: z.coerce.number().int().min(1).max(1000).default(100) }),
  (account, { Marker = "", MaxItems }) => {
    const left = roles(account).filter(({ RoleName }) => String(RoleName) > Marker);
    const shown = left.slice(0, MaxItems);
    const IsTruncated = left.length > MaxItems;
    return { Roles: { member: shown }, IsTruncated, Marker: IsTruncated ? shown.at(-1)?.["RoleName"] : undefined };
  },
);

export const iamVersion = "2010-05-08";

export const iam = queryService("iam.amazonaws.com", iamVersion, { GetUser: getUser, ListRoles: listRoles });
