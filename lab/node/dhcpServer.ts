/**
 * The VPC's DHCP server, a process in the `vpc` namespace: leases each interface its primary address for an hour, as AWS
 * does, and never another (RFC 2131, RFC 2132).
 * https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSet.html
 */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import type { Account } from "../aws/account";
import { node, vpc } from "../network/addresses";
import { labPaths } from "../paths";

/** Offsets of a message's fields. */
const at = { yourAddress: 16, hardwareAddress: 28, options: 240 } as const;
const option = { mask: 1, router: 3, lease: 51, type: 53, server: 54, end: 255 } as const;
/** Message types: a client's, and the server's answers. */
const answers: Readonly<Record<number, number>> = { 1: 2, 3: 5 };
const leaseSeconds = 3600;

const octets = (address: string): number[] => address.split(".").map(Number);
const word = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

function primaryAddress(macAddress: string): string | undefined {
  const { networkInterfaces } = JSON.parse(readFileSync(labPaths.account, "utf8")) as Account;
  const eni = networkInterfaces.find((each) => each.macAddress === macAddress);
  return eni?.privateIps.find(({ primary }) => primary)?.privateIpAddress;
}

function messageType(message: Buffer): number | undefined {
  for (let place: number = at.options; place < message.length;) {
    const code = message[place] ?? option.end;
    if (code === option.end) return undefined;
    if (code === option.type) return message[place + 2];
    place += code === 0 ? 1 : 2 + (message[place + 1] ?? 0);
  }
  return undefined;
}

function answerTo(message: Buffer): Buffer | undefined {
  const type = answers[messageType(message) ?? 0];
  const macAddress = message
    .subarray(at.hardwareAddress, at.hardwareAddress + 6)
    .toString("hex")
    .replace(/..(?!$)/g, "$&:");
  const address = primaryAddress(macAddress);
  if (type === undefined || address === undefined) return undefined;
  const header = Buffer.from(message.subarray(0, at.options));
  header[0] = 2;
  header.set(octets(address), at.yourAddress);
  const options: [number, readonly number[]][] = [
    [option.type, [type]],
    [option.server, octets(vpc.router)],
    [option.lease, word(leaseSeconds)],
    [option.mask, word((~0 << (32 - node.prefix)) >>> 0)],
    [option.router, octets(vpc.router)],
  ];
  const bytes = options.flatMap(([code, value]) => [code, value.length, ...value]);
  return Buffer.concat([header, Buffer.from([...bytes, option.end])]);
}

const listener = createSocket({ type: "udp4", reuseAddr: true });
// A socket with the router's address sends broadcasts to the VPC.
const sender = createSocket({ type: "udp4", reuseAddr: true });
sender.bind(67, vpc.router, () => sender.setBroadcast(true));
listener.on("message", (message) => {
  const answer = answerTo(message);
  if (answer) sender.send(answer, 68, "255.255.255.255");
});
listener.bind(67);
