/**
 * The public address that AWS assigns to a primary private one: a stop or an Elastic IP releases it.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html#concepts-public-addresses
 */
import type { Account, NetworkInterface, PrivateIp } from "../account";

const hasElasticIp = (account: Account, { networkInterfaceId }: NetworkInterface, except?: string): boolean =>
  account.addresses.some(
    ({ association }) =>
      association?.networkInterfaceId === networkInterfaceId && association.privateIpAddress !== except,
  );

/** Releases the address. It is not assigned again if another address of the interface has an Elastic IP. */
export function takeAutomatic(account: Account, eni: NetworkInterface, privateIp: PrivateIp): void {
  if (privateIp.autoPublicIp === undefined) return;
  delete privateIp.autoPublicIp;
  if (!hasElasticIp(account, eni, privateIp.privateIpAddress)) privateIp.hadAutoPublicIp = true;
}

/** Assigns a new address in place of a released one if the instance runs and its interface has no Elastic IP. */
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
