/** Prints the IAM policy that a stack's operator needs. */
import type { Connection } from "../../components/aws/connection";
import { policyFor } from "../iam/policy";
import { factsOf, type NamedStack, readerOf } from "./stack";

export interface IamFlags extends NamedStack {
  account: string;
  region?: string;
}

/** The flag's, or else the one that the `aws` provider uses. */
export function regionOf(flag: string | undefined, connection: Connection): string {
  const region = flag ?? connection.region;
  if (region) return region;
  throw new Error(
    "--region: expected the Region of the cluster, found none here, in aws:region, AWS_REGION or AWS_DEFAULT_REGION",
  );
}

export async function printPolicy(flags: IamFlags): Promise<void> {
  if (!/^(\d{12}|\*)$/.test(flags.account))
    throw new Error(`--account: expected twelve digits or *, found '${flags.account}'`);
  const { settings, connection } = await factsOf(flags, readerOf(flags), false);
  const region = regionOf(flags.region, connection);
  const policy = policyFor({ ...settings, region, accountId: flags.account });
  process.stdout.write(`${JSON.stringify(policy, undefined, 2)}\n`);
}
