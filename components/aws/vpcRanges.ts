/** The address ranges of the node's VPC, which always reach the API. Read only if the API has a list of its own. */
import { type Connection, ec2Client, ec2Sdk } from "./connection";

/**
 * One call, where `aws.ec2.getVpc` makes five and needs as many permissions.
 * @returns IPv4 ranges as CIDRs, the first one the VPC's own
 * @throws when AWS refuses `ec2:DescribeVpcs`
 */
export async function vpcRanges(connection: Connection, vpcId: string): Promise<string[]> {
  const sdk = ec2Sdk();
  const { Vpcs = [] } = await ec2Client(connection).send(new sdk.DescribeVpcsCommand({ VpcIds: [vpcId] }));
  const ranges = Vpcs.flatMap(({ CidrBlock, CidrBlockAssociationSet = [] }) => [
    CidrBlock,
    ...CidrBlockAssociationSet.filter(({ CidrBlockState }) => CidrBlockState?.State === "associated").map(
      (association) => association.CidrBlock,
    ),
  ]);
  return [...new Set(ranges.filter((range) => range !== undefined))];
}
