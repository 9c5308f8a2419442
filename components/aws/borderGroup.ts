/** Network border groups: an Elastic IP can be tied only where its addresses are announced, in a Region's zones or in one Local Zone. */

/**
 * Of a zone: `eu-central-1` for `eu-central-1a`, `us-west-2-lax-1` for the Local Zone `us-west-2-lax-1a`
 * (https://docs.aws.amazon.com/local-zones/latest/ug/available-local-zones.html).
 */
export const borderGroupOf = (zone: string): string => zone.replace(/(\d)[a-z]$/, "$1");

/** Where addresses are from unless another group is asked for. */
const regionOf = (zone: string): string => /^[a-z]{2}(?:-[a-z]+)+-\d+/.exec(zone)?.[0] ?? "";

/** What the stack allocates is the Region's, and AWS would refuse to tie it half-way. */
export function borderGroupFaults(zone: string | undefined, elasticIps: readonly string[]): string[] {
  if (zone === undefined || elasticIps.length === 0) return [];
  const group = borderGroupOf(zone);
  if (group === regionOf(zone)) return [];
  return [
    `expected a node in an Availability Zone, where the stack's own Elastic IPs can be tied, found it in ${zone}, whose addresses are of the network ` +
      `border group ${group}: leave primaryAddress at keep, and name an Elastic IP of that group with allocationId, ` +
      `aws ec2 allocate-address --domain vpc --network-border-group ${group}`,
  ];
}
