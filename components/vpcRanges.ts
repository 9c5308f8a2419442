/** The address ranges of the node's VPC, which always reach the API. Asked for only where the API has a list of its own. */
import type * as ec2 from "@aws-sdk/client-ec2";

export interface VpcSearch {
  vpcId: string;
  region?: string;
  profile?: string;
}

/**
 * One call, where `aws.ec2.getVpc` makes five and needs as many permissions.
 * @returns IPv4 ranges as CIDRs, the first one the VPC's own
 * @throws when AWS refuses `ec2:DescribeVpcs`
 */
export async function vpcRanges({ vpcId, region, profile }: VpcSearch): Promise<string[]> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a third of a second that other stacks do not pay
  const sdk = require("@aws-sdk/client-ec2") as typeof ec2;
  const client = new sdk.EC2Client({ ...(region ? { region } : {}), ...(profile ? { profile } : {}), maxAttempts: 10 });
  const { Vpcs = [] } = await client.send(new sdk.DescribeVpcsCommand({ VpcIds: [vpcId] }));
  const ranges = Vpcs.flatMap(({ CidrBlock, CidrBlockAssociationSet = [] }) => [
    CidrBlock,
    ...CidrBlockAssociationSet.filter(({ CidrBlockState }) => CidrBlockState?.State === "associated").map(
      (association) => association.CidrBlock,
    ),
  ]);
  return [...new Set(ranges.filter((range) => range !== undefined))];
}
