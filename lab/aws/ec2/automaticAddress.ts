/**
 * The public address that AWS gives by itself to a primary private one: gone at a stop, and while an Elastic IP is in its place.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html#concepts-public-addresses
 */
import type { Account, NetworkInterface, PrivateIp } from "../account";

const hasElasticIp = (account: Account, { networkInterfaceId }: NetworkInterface, except?: string): boolean =>
  account.addresses.some(
    ({ association }) =>
      association?.networkInterfaceId === networkInterfaceId && association.privateIpAddress !== except,
  );

/** Takes it back; one that is released while another address of the interface has an Elastic IP does not come again. */
export function takeAutomatic(account: Account, eni: NetworkInterface, privateIp: PrivateIp): void {
  if (privateIp.autoPublicIp === undefined) return;
  delete privateIp.autoPublicIp;
  if (!hasElasticIp(account, eni, privateIp.privateIpAddress)) privateIp.hadAutoPublicIp = true;
}

/** Gives another to an address that had one, where the instance runs and no Elastic IP is on the interface. */
export function giveAutomatic(account: Account, eni: NetworkInterface): void {
  const instance = account.instances.find(({ instanceId }) => instanceId === eni.attachment?.instanceId);
  if (instance?.state !== "running" || hasElasticIp(account, eni)) return;
  for (const privateIp of eni.privateIps.filter(({ hadAutoPublicIp }) => hadAutoPublicIp)) {
    const publicIp = account.publicIpPool.pop();
    if (publicIp === undefined) return;
    privateIp.autoPublicIp = publicIp;
    delete privateIp.hadAutoPublicIp;
  }
}
