/**
 * Another owner of addresses in the same subnet, which takes an address from the node with its Elastic IP, as in AWS.
 */
import type { Account, NetworkInterface } from "./account";
import { newId } from "./ids";

const description = "a stranger's";

const strangers = ({ networkInterfaces }: Account): NetworkInterface[] =>
  networkInterfaces.filter((eni) => eni.description === description);

/** Moves a secondary address of a node to a stranger's interface; does nothing if no node has it. */
export function steal(account: Account, address: string): void {
  const victim = account.networkInterfaces.find(({ privateIps }) =>
    privateIps.some(({ privateIpAddress, primary }) => privateIpAddress === address && !primary),
  );
  if (!victim || victim.description === description) return;
  const networkInterfaceId = newId("eni");
  victim.privateIps = victim.privateIps.filter(({ privateIpAddress }) => privateIpAddress !== address);
  account.networkInterfaces.push({
    networkInterfaceId,
    subnetId: victim.subnetId,
    vpcId: victim.vpcId,
    macAddress: "02:1b:7c:ff:00:01",
    description,
    privateIps: [
      { privateIpAddress: `172.20.60.${10 + strangers(account).length}`, primary: true },
      { privateIpAddress: address, primary: false },
    ],
    securityGroupIds: [],
    tags: {},
  });
  for (const { association } of account.addresses)
    if (association?.privateIpAddress === address) association.networkInterfaceId = networkInterfaceId;
}

/** Deletes the strangers and frees their addresses. */
export function leave(account: Account): void {
  const gone = strangers(account).map(({ networkInterfaceId }) => networkInterfaceId);
  account.networkInterfaces = account.networkInterfaces.filter((eni) => eni.description !== description);
  for (const address of account.addresses)
    if (gone.includes(address.association?.networkInterfaceId ?? "")) delete address.association;
}
