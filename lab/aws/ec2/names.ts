/** DNS names that AWS derives from addresses. */

const dashed = (address: string): string => address.replaceAll(".", "-");

export function privateDnsName(region: string, address: string): string {
  return `ip-${dashed(address)}.${region === "us-east-1" ? "ec2" : `${region}.compute`}.internal`;
}

export function publicDnsName(region: string, address: string): string {
  return `ec2-${dashed(address)}.${region === "us-east-1" ? "compute-1" : `${region}.compute`}.amazonaws.com`;
}
