/** The hosted zone that a stack writes its records into, checked before anything is made. */
import { getZone } from "@pulumi/aws/route53/getZone";
import * as pulumi from "@pulumi/pulumi";

/**
 * Route 53 takes a name outside the zone for one relative to it: `app.example.org` becomes `app.example.org.example.com`.
 * A private zone answers in its VPCs alone.
 * @throws {pulumi.RunError} for such a name or zone, before anything is made
 */
export async function checkZone(
  zoneId: string,
  domains: readonly string[],
  options: pulumi.InvokeOptions,
): Promise<void> {
  const found = await getZone({ zoneId }, options);
  const zone = found.name.toLowerCase().replace(/\.$/, "");
  if (found.privateZone)
    throw new pulumi.RunError(
      `route53ZoneId: expected a public hosted zone, found ${zoneId}, a private one for ${zone}, where no client outside its VPCs finds ` +
        `the names: name the public one, which aws route53 list-hosted-zones-by-name --dns-name ${zone} shows, or leave ` +
        "route53ZoneId out and publish them yourself. Nothing was changed.",
    );
  const outside = domains.filter((domain) => {
    const name = domain.toLowerCase().replace(/\.$/, "");
    return name !== zone && !name.endsWith(`.${zone}`);
  });
  if (outside.length === 0) return;
  throw new pulumi.RunError(
    `appDomains: expected names in the hosted zone ${zone} (route53ZoneId ${zoneId}), found ${outside.join(", ")}: ` +
      "name the zone that they are in, or leave route53ZoneId out and publish them yourself. Nothing was changed.",
  );
}
