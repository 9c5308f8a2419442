/** Stands in for the official `aws` plugin: the resources and functions that the program uses, call by call. */
import { serve } from "../server";
import { configure } from "./client";
import { eip } from "./eip";
import { eipAssociation } from "./eipAssociation";
import { getCallerIdentity, getEips, getInstances, getNetworkInterface, getSubnet } from "./functions";
import { healthCheck } from "./healthCheck";
import { record } from "./record";
import { securityGroup } from "./securityGroup";
import { securityGroupAttachment } from "./securityGroupAttachment";
import { securityGroupRule } from "./securityGroupRule";

serve({
  name: "aws",
  version: "7.48.0",
  configure,
  resources: {
    "aws:ec2/eip:Eip": eip,
    "aws:ec2/eipAssociation:EipAssociation": eipAssociation,
    "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment": securityGroupAttachment,
    "aws:ec2/securityGroup:SecurityGroup": securityGroup,
    "aws:route53/healthCheck:HealthCheck": healthCheck,
    "aws:route53/record:Record": record,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": securityGroupRule("egress"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": securityGroupRule("ingress"),
  },
  functions: {
    "aws:ec2/getEips:getEips": getEips,
    "aws:ec2/getInstances:getInstances": getInstances,
    "aws:ec2/getNetworkInterface:getNetworkInterface": getNetworkInterface,
    "aws:ec2/getSubnet:getSubnet": getSubnet,
    "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
  },
});
