/** What the component finds out before it makes anything. */
import * as pulumi from "@pulumi/pulumi";
import { IngressMode } from "../settings/choices";
import type { Connection } from "./aws/connection";
import { canonicalDomain } from "../settings/domainNames";
import type { CompleteArgs } from "./defaults";
import { findNode, type Node } from "./node";
import { checkRules } from "./rulesQuota";
import { checkSecondaryAddress } from "./secondaryAddressCheck";
import { stackName } from "./tags";

/* eslint-disable @typescript-eslint/no-require-imports -- a constructor cannot await import() */
/** Loaded only by stacks that write records: a preview starts no more than it needs (docs/decisions/0003). */
const hostedZone = () => require("./hostedZone") as typeof import("./hostedZone");
const recordNames = () => require("./recordNames") as typeof import("./recordNames");
const callers = () => require("./caller") as typeof import("./caller");
/* eslint-enable @typescript-eslint/no-require-imports */

/** @returns what resolves once the zone is the right one and nobody else has a say in the names */
function checkRecords(
  name: string,
  args: CompleteArgs,
  connection: pulumi.Output<Connection>,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<unknown> {
  const { appDomains, overwriteRecords, formerStack } = args;
  const zoneId = pulumi.all([args.route53ZoneId, connection]).apply(async ([id = ""]) => {
    await hostedZone().checkZone(id, appDomains, options);
    return id;
  });
  const names = appDomains.map((domain) => `${canonicalDomain(domain)}.`).sort();
  return new (recordNames().RecordNames)(
    `${name}-records`,
    {
      ...{ zoneId, names, connection, overwrite: overwriteRecords },
      stacks: [stackName(), ...(formerStack ? [formerStack] : [])],
      caller: callers().caller(zoneId, options),
    },
    options,
  ).id;
}

/**
 * The node, once every check has passed that needs no resource.
 * A preview makes nothing, so there the checks run beside the rest: a zone that the same program makes is unknown until the update, and would
 * keep the node from being known with it.
 */
export function discover(
  name: string,
  args: CompleteArgs,
  connection: pulumi.Output<Connection>,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<Node> {
  const { mode, clusterName, allowedCidrs, networkInterfaceId, secondaryPrivateIp, route53ZoneId, primaryAddress } =
    args;
  const checks: pulumi.Output<unknown>[] = [];
  if (route53ZoneId !== undefined && mode !== IngressMode.NodePort)
    checks.push(checkRecords(name, args, connection, options));
  checks.push(pulumi.output(allowedCidrs).apply((cidrs) => checkRules(cidrs, options)));
  // A provider that is refused is refused before the first call; the zone's fault comes before the node's.
  const before = pulumi.runtime.isDryRun() ? [] : [...checks];
  const node = pulumi.all([networkInterfaceId, connection, ...before]).apply(([id]) =>
    findNode(
      {
        mode,
        clusterName,
        ...(id === undefined ? {} : { networkInterfaceId: id }),
        // The other modes leave the node's addresses alone.
        ...(mode === IngressMode.DualIp ? { primaryAddress } : {}),
      },
      options,
    ),
  );
  if (mode === IngressMode.DualIp && secondaryPrivateIp !== undefined)
    checks.push(
      pulumi
        .all([node, secondaryPrivateIp])
        .apply(([found, address]) => checkSecondaryAddress(address, found, options)),
    );
  return pulumi.runtime.isDryRun() ? node : pulumi.all([node, pulumi.all(checks)]).apply(([found]) => found);
}
