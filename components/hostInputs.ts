/** Mode dual-ip: what the host files are rendered from, as far as arguments and AWS tell it. */
import * as pulumi from "@pulumi/pulumi";
import { healthName } from "../hostfiles/healthName";
import { canonicalDomain } from "../settings/domainNames";
import { canonicalRange } from "../settings/ranges";
import { vpcRanges } from "./aws/vpcRanges";
import { lockOutProblem } from "../settings/lockOut";
import type { CompleteArgs } from "./defaults";
import type { ModeInputs } from "./mode";
import type { KnownInputs } from "./nodePreflight";
import { stackName } from "./tags";

/** Whether the node gets the filter of the API. A list that the program makes is taken for one that is not empty. */
export const filtersApi = ({ apiAllowedCidrs }: CompleteArgs): boolean =>
  !(Array.isArray(apiAllowedCidrs) && apiAllowedCidrs.length === 0);

/** @throws {pulumi.RunError} for an empty list behind which the filter would leave out everyone */
function notEmpty(cidrs: string[]): string[] {
  if (cidrs.length > 0) return [...new Set(cidrs.map(canonicalRange))];
  throw new pulumi.RunError(
    "apiAllowedCidrs: expected at least one range in a list that the program makes, found none: leave the argument out to let in everyone whom AWS lets in",
  );
}

/** @throws {pulumi.RunError} for a list that the node could not compare with the operator's address */
function comparable(cidrs: string[], { ssh, forceApiAllowedCidrs }: CompleteArgs): string[] {
  const proxied = ssh?.proxy !== undefined;
  const problem = lockOutProblem({ apiAllowedCidrs: cidrs, proxied, forced: forceApiAllowedCidrs });
  if (problem !== undefined) throw new pulumi.RunError(`forceApiAllowedCidrs: ${problem}. Nothing was changed.`);
  return cidrs;
}

export function knownInputs({ args, node, connection }: ModeInputs, statsPassword: pulumi.Output<string>): KnownInputs {
  const { clusterName, httpsNodePort, httpNodePort, apiLocalPort, proxyProtocol, adopt, reinstall, formerStack } = args;
  const filtered = filtersApi(args);
  return {
    owner: stackName(),
    formerOwner: formerStack,
    instanceId: node.instanceId,
    clusterName,
    healthName: healthName(args.appDomains.map(canonicalDomain)),
    primaryPrivateIp: node.primaryPrivateIp,
    requestedIp: args.secondaryPrivateIp ?? "",
    adopt,
    httpsNodePort,
    httpNodePort,
    apiLocalPort,
    proxyProtocol,
    statsPassword,
    apiAllowedCidrs: filtered
      ? pulumi.output(args.apiAllowedCidrs).apply((cidrs) => comparable(notEmpty(cidrs), args))
      : [],
    vpcCidrs: filtered
      ? pulumi.all([connection, node]).apply(([settings, { vpcId }]) => vpcRanges(settings, vpcId))
      : [],
    reinstall,
  };
}
