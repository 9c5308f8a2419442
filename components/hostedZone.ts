/** The hosted zone that a stack writes its records into, checked before anything is made. */
import { getZone } from "@pulumi/aws/route53/getZone";
import * as pulumi from "@pulumi/pulumi";

/**
 * Route 53 takes a name outside the zone for one relative to it: `app.example.org` becomes `app.example.org.example.com`.
 * @throws {pulumi.RunError} for such a name, before anything is made
 */
export async function checkZone(
  zoneId: string,
  domains: readonly string[],
  options: pulumi.InvokeOptions,
): Promise<void> {
  const zone = (await getZone({ zoneId }, options)).name.toLowerCase().replace(/\.$/, "");
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
