/** Prints the IAM policy that a stack's operator needs. */
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import { readConfig } from "../../settings/read";
import { policyFor } from "../iam/policy";

export interface IamFlags {
  stack: string;
  cwd: string;
  account: string;
  region?: string;
}

/** As the `aws` provider finds it, after the flag. */
export function regionOf(flag: string | undefined, setting: string | undefined, env: NodeJS.ProcessEnv): string {
  const region = flag ?? setting ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"];
  if (region) return region;
  throw new Error(
    "--region: expected the Region of the cluster, found none here, in aws:region, AWS_REGION or AWS_DEFAULT_REGION",
  );
}

export async function printPolicy(flags: IamFlags): Promise<void> {
  if (!/^(\d{12}|\*)$/.test(flags.account))
    throw new Error(`--account: expected twelve digits or *, found '${flags.account}'`);
  const workspace = await LocalWorkspace.create({ workDir: flags.cwd });
  const { name } = await workspace.projectSettings();
  const all = await workspace.getAllConfig(flags.stack);
  const values = Object.fromEntries(Object.entries(all).map(([key, { value }]) => [key, value]));
  const region = regionOf(flags.region, values["aws:region"], process.env);
  const settings = readConfig(name, values, flags.stack);
  const policy = policyFor({ ...settings, region, accountId: flags.account });
  process.stdout.write(`${JSON.stringify(policy, undefined, 2)}\n`);
}
