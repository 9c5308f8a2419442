/** Calls of the cluster's own pods to an application's public name: they come back from the API's public address, as cert-manager's self-check does. */
import * as pulumi from "@pulumi/pulumi";
import { covers } from "../settings/ranges";

/** Logged on every run: what is dropped there looks like a fault of the application. @param publicIp the API's; `""` if it has none */
export async function warnOfClusterCalls(cidrs: readonly string[], publicIp: string): Promise<void> {
  if (publicIp === "" || cidrs.some((range) => covers(range, publicIp))) return;
  await pulumi.log.warn(
    `allowedCidrs leaves out ${publicIp}, the API's public address, from which the cluster's own pods come when they call an application by its ` +
      `public name: their calls are dropped, cert-manager's self-check of a challenge among them. If any does, add ${publicIp}/32 to allowedCidrs, ` +
      "and set primaryAddress to elastic-ip so that it stays (docs/guide.md)",
  );
}
