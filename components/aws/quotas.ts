/**
 * Quotas of an account that a stack can meet. Names, codes and defaults:
 * https://docs.aws.amazon.com/general/latest/gr/vpc-service.html and https://docs.aws.amazon.com/general/latest/gr/ec2-service.html
 */
import { clientPorts } from "../../settings/ports";
import { canonicalRange } from "../../settings/ranges";

export interface Quota {
  name: string;
  serviceCode: "ec2" | "vpc";
  quotaCode: string;
  /** What an account has without a request. */
  standard: number;
}

export const quotas = {
  elasticIps: { name: "EC2-VPC Elastic IPs", serviceCode: "ec2", quotaCode: "L-0263D0A3", standard: 5 },
  groups: { name: "Security groups per network interface", serviceCode: "vpc", quotaCode: "L-2AFB9258", standard: 5 },
  rules: {
    name: "Inbound or outbound rules per security group",
    serviceCode: "vpc",
    quotaCode: "L-0EA8095F",
    standard: 60,
  },
} satisfies Record<string, Quota>;

/** The command that asks AWS for more, after what else there is to do. */
export const askForMore = ({ name, serviceCode, quotaCode }: Quota, wanted: number, region?: string): string =>
  `ask AWS for more (${name}), aws ${region === undefined ? "" : `--region ${region} `}service-quotas ` +
  `request-service-quota-increase --service-code ${serviceCode} --quota-code ${quotaCode} --desired-value ${wanted}`;

/** Rules of the stack's security group: one for each range and port, as in clientRules.ts. AWS counts those for IPv6, and outbound ones, apart. */
export const rulesFor = (cidrs: readonly string[]): number =>
  new Set(cidrs.map(canonicalRange)).size * Object.keys(clientPorts).length;
