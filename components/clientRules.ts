/** The rules by which the applications' clients get through a security group: one for each range, named after it. */
import type * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";
import { canonicalRange } from "../settings/ranges";
import type { Resources } from "./allDone";
import { type TagArgs, tags } from "./tags";

export interface ClientRulesArgs extends TagArgs {
  group: ec2.SecurityGroup;
  /** What the group is for, in names and tags. */
  purpose: "ingress" | "balancer";
  port: number;
  /** IPv4 ranges. */
  allowedCidrs: pulumi.Input<pulumi.Input<string>[]>;
}

export function clientRules(name: string, args: ClientRulesArgs, options: pulumi.CustomResourceOptions): Resources {
  const { group, purpose, port, allowedCidrs } = args;
  const rules = new Map<string, vpc.SecurityGroupIngressRule>();
  const newRule = (cidr: string) =>
    new vpc.SecurityGroupIngressRule(
      `${name}-${purpose}-${port}-from-${cidr}`,
      {
        securityGroupId: group.id,
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
        cidrIpv4: cidr,
        tags: tags(args, `${purpose}-${port}`),
      },
      options,
    );
  /** A range that comes again, perhaps as an output, is the same rule. */
  const rule = (text: string): vpc.SecurityGroupIngressRule => {
    const cidr = canonicalRange(text);
    const known = rules.get(cidr) ?? newRule(cidr);
    rules.set(cidr, known);
    return known;
  };
  // Made inside apply if the range is an output, so that the name is the same as for a plain text: docs/decisions/0013.
  if (!Array.isArray(allowedCidrs)) return pulumi.output(allowedCidrs).apply((cidrs) => cidrs.map(rule));
  return allowedCidrs.map((cidr) => (typeof cidr === "string" ? rule(cidr) : pulumi.output(cidr).apply(rule)));
}
