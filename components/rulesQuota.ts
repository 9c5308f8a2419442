/** The rules of the stack's security group against AWS's quota, before anything is made: AWS refuses the one that is too many half-way. */
import type * as servicequotas from "@pulumi/aws/servicequotas/getServiceQuota";
import * as pulumi from "@pulumi/pulumi";
import { clientPorts } from "../settings/ports";
import { askForMore, quotas, rulesFor } from "./aws/quotas";

/** Undefined if the principal may not ask. */
async function accountsQuota(options: pulumi.InvokeOptions): Promise<number | undefined> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only for lists that need it: docs/decisions/0003
  const { getServiceQuota } = require("@pulumi/aws/servicequotas/getServiceQuota") as typeof servicequotas;
  const { serviceCode, quotaCode } = quotas.rules;
  return getServiceQuota({ serviceCode, quotaCode }, options).then(
    ({ value }) => value,
    () => undefined,
  );
}

/**
 * An account has 60, or as many more as AWS has granted: that is asked for a longer list only, and where it is not told, a warning says so.
 * @throws {pulumi.RunError} naming the quota and the command that asks for more
 */
export async function checkRules(cidrs: readonly string[], options: pulumi.InvokeOptions): Promise<void> {
  const wanted = rulesFor(cidrs);
  if (wanted <= quotas.rules.standard) return;
  const most = await accountsQuota(options);
  if (most !== undefined && wanted <= most) return;
  const ranges = wanted / Object.keys(clientPorts).length;
  const found = `found ${ranges} ranges on ${Object.keys(clientPorts).length} ports, which are ${wanted} rules`;
  const fix = `join ranges, or ${askForMore(quotas.rules, wanted)}`;
  if (most !== undefined)
    throw new pulumi.RunError(
      `allowedCidrs: expected at most the ${most} rules that a security group may have, ${found}: ${fix}. Nothing was changed.`,
    );
  await pulumi.log.warn(
    `allowedCidrs: ${found}; a security group may have ${quotas.rules.standard} unless AWS has granted more, which this principal may not ask ` +
      `(servicequotas:GetServiceQuota, servicequotas:GetAWSDefaultServiceQuota): if it has not, ${fix}`,
  );
}
