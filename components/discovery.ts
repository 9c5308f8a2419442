/** What the component finds out before it makes anything. */
import * as pulumi from "@pulumi/pulumi";
import { IngressMode } from "../settings/choices";
import type { Connection } from "./aws/connection";
import type { CompleteArgs } from "./defaults";
import { findNode, type Node } from "./node";
import { checkSecondaryAddress } from "./secondaryAddressCheck";

// Loaded only by stacks that write records: a preview starts no more than it needs (docs/decisions/0003).
// eslint-disable-next-line @typescript-eslint/no-require-imports -- a constructor cannot await import()
const hostedZone = () => require("./hostedZone") as typeof import("./hostedZone");

/**
 * The node, once every check has passed that needs no resource.
 * A preview makes nothing, so there the checks run beside the rest: a zone that the same program makes is unknown until the update, and would
 * keep the node from being known with it.
 */
export function discover(
  args: CompleteArgs,
  connection: pulumi.Output<Connection>,
  options: pulumi.InvokeOptions,
): pulumi.Output<Node> {
  const { mode, clusterName, appDomains, networkInterfaceId, secondaryPrivateIp, route53ZoneId, primaryAddress } = args;
  const checks: pulumi.Output<unknown>[] = [];
  if (route53ZoneId !== undefined && mode !== IngressMode.NodePort)
    checks.push(pulumi.output(route53ZoneId).apply((id) => hostedZone().checkZone(id, appDomains, options)));
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
