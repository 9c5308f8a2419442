/**
 * Replaces the official `aws` plugin for the resources and functions that the program uses, with the same API calls.
 */
import { serve } from "../server";
import { autoscalingAttachment } from "./autoscalingAttachment";
import { configure } from "./client";
import { eip } from "./eip";
import { eipAssociation } from "./eipAssociation";
import {
  getCallerIdentity,
  getEips,
  getInstances,
  getNetworkInterface,
  getServiceQuota,
  getSubnet,
  getZone,
} from "./functions";
import {
  getAutoscalingGroup,
  getAutoscalingGroups,
  getNetworkInterfaces,
  getSecurityGroup,
  getSecurityGroups,
  getSubnets,
} from "./groupFunctions";
import { healthCheck } from "./healthCheck";
import { listener } from "./listener";
import { loadBalancer } from "./loadBalancer";
import { record } from "./record";
import { securityGroup } from "./securityGroup";
import { securityGroupAttachment } from "./securityGroupAttachment";
import { securityGroupRule } from "./securityGroupRule";
import { targetGroup } from "./targetGroup";

serve({
  name: "aws",
  version: "7.48.0",
  configure,
  resources: {
    "aws:autoscaling/attachment:Attachment": autoscalingAttachment,
    "aws:ec2/eip:Eip": eip,
    "aws:ec2/eipAssociation:EipAssociation": eipAssociation,
    "aws:ec2/networkInterfaceSecurityGroupAttachment:NetworkInterfaceSecurityGroupAttachment": securityGroupAttachment,
    "aws:ec2/securityGroup:SecurityGroup": securityGroup,
    "aws:lb/listener:Listener": listener,
    "aws:lb/loadBalancer:LoadBalancer": loadBalancer,
    "aws:lb/targetGroup:TargetGroup": targetGroup,
    "aws:route53/healthCheck:HealthCheck": healthCheck,
    "aws:route53/record:Record": record,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": securityGroupRule("egress"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": securityGroupRule("ingress"),
  },
  functions: {
    // Pulumi's name for the data source aws_autoscaling_groups.
    "aws:autoscaling/getAmiIds:getAmiIds": getAutoscalingGroups,
    "aws:autoscaling/getGroup:getGroup": getAutoscalingGroup,
    "aws:ec2/getEips:getEips": getEips,
    "aws:ec2/getInstances:getInstances": getInstances,
    "aws:ec2/getNetworkInterface:getNetworkInterface": getNetworkInterface,
    "aws:ec2/getNetworkInterfaces:getNetworkInterfaces": getNetworkInterfaces,
    "aws:ec2/getSecurityGroup:getSecurityGroup": getSecurityGroup,
    "aws:ec2/getSecurityGroups:getSecurityGroups": getSecurityGroups,
    "aws:ec2/getSubnet:getSubnet": getSubnet,
    "aws:ec2/getSubnets:getSubnets": getSubnets,
    "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
    "aws:route53/getZone:getZone": getZone,
    "aws:servicequotas/getServiceQuota:getServiceQuota": getServiceQuota,
  },
});
