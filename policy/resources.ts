/** Resources by type token: the pack is type-checked at every run, and the AWS provider's types alone would cost it ten seconds. */
import type { ReportViolation, ResourceValidationArgs } from "@pulumi/policy";

export const types = {
  remoteCommand: "command:remote:Command",
  eip: "aws:ec2/eip:Eip",
  ingressRule: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  record: "aws:route53/record:Record",
} as const;

/** A validation of one type of resource only. */
export function ofType(
  type: string,
  validate: (resource: ResourceValidationArgs, report: ReportViolation) => void,
): (resource: ResourceValidationArgs, report: ReportViolation) => void {
  return (resource, report) => {
    if (resource.type === type) validate(resource, report);
  };
}
