/** Whether an address that the user asks for can be assigned to the node's interface, as far as the subnet tells. */
import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import * as ipaddr from "ipaddr.js";
import type { Node } from "./node";

/** @throws {pulumi.RunError} naming what is wrong with the address, before anything is made */
export async function checkSecondaryAddress(
  address: string,
  { primaryPrivateIp, subnetId }: Pick<Node, "primaryPrivateIp" | "subnetId">,
  options: pulumi.InvokeOptions,
): Promise<void> {
  const refuse = (found: string): never => {
    throw new pulumi.RunError(
      `secondaryPrivateIp: expected a free address of the node's subnet, found ${address}, ${found}. Nothing was changed.`,
    );
  };
  if (address === primaryPrivateIp) refuse("which is the node's primary address");
  const { cidrBlock } = await ec2.getSubnet({ id: subnetId }, options);
  const [network, prefix] = ipaddr.IPv4.parseCIDR(cidrBlock);
  const parsed = ipaddr.IPv4.parse(address);
  if (!parsed.match(network, prefix)) refuse(`which is outside ${cidrBlock}`);
  const number = (bytes: number[]): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const offset = number(parsed.octets) - number(network.octets);
  // https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html: the first four and the last.
  if (offset < 4 || offset === 2 ** (32 - prefix) - 1) refuse(`which AWS has reserved in ${cidrBlock}`);
}
