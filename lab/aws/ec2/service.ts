/** EC2: actions and XML. */
import { AwsError } from "../errors";
import type { Answer } from "../action";
import { readQuery } from "../query";
import type { Service } from "../service";
import { withItems, xmlDocument } from "../xml";
import { describeAccountAttributes } from "./accountAttributes";
import * as addresses from "./addresses";
import { describeInstanceCreditSpecifications } from "./creditSpecifications";
import { describeInstanceAttribute } from "./instanceAttributes";
import { describeInstanceTypes } from "./instanceTypes";
import { describeInstances } from "./instances";
import { startInstances, stopInstances, terminateInstances } from "./instanceStates";
import { describeNetworkInterfaces, modifyNetworkInterfaceAttribute } from "./networkInterfaces";
import { describeSubnets, describeVpcs } from "./networks";
import { assignPrivateIpAddresses, unassignPrivateIpAddresses } from "./privateIps";
import { describeRouteTables, replaceRoute } from "./routeTables";
import * as groups from "./securityGroups";
import * as rules from "./securityGroupRules";
import { createTags, deleteTags, describeTags } from "./tags";
import { describeVolumes } from "./volumes";

const version = "2016-11-15";

export const ec2: Service = {
  actions: {
    AllocateAddress: addresses.allocateAddress,
    AssignPrivateIpAddresses: assignPrivateIpAddresses,
    AssociateAddress: addresses.associateAddress,
    AuthorizeSecurityGroupEgress: rules.authorizeSecurityGroupEgress,
    AuthorizeSecurityGroupIngress: rules.authorizeSecurityGroupIngress,
    CreateSecurityGroup: groups.createSecurityGroup,
    CreateTags: createTags,
    DeleteSecurityGroup: groups.deleteSecurityGroup,
    DeleteTags: deleteTags,
    DescribeAccountAttributes: describeAccountAttributes,
    DescribeAddresses: addresses.describeAddresses,
    DescribeAddressesAttribute: addresses.describeAddressesAttribute,
    DescribeInstanceAttribute: describeInstanceAttribute,
    DescribeInstanceCreditSpecifications: describeInstanceCreditSpecifications,
    DescribeInstances: describeInstances,
    DescribeInstanceTypes: describeInstanceTypes,
    DescribeNetworkInterfaces: describeNetworkInterfaces,
    DescribeRouteTables: describeRouteTables,
    DescribeSecurityGroupRules: rules.describeSecurityGroupRules,
    DescribeSecurityGroups: groups.describeSecurityGroups,
    DescribeSubnets: describeSubnets,
    DescribeTags: describeTags,
    DescribeVolumes: describeVolumes,
    DescribeVpcs: describeVpcs,
    DisassociateAddress: addresses.disassociateAddress,
    ModifyAddressAttribute: addresses.modifyAddressAttribute,
    ModifyNetworkInterfaceAttribute: modifyNetworkInterfaceAttribute,
    ModifySecurityGroupRules: rules.modifySecurityGroupRules,
    ReleaseAddress: addresses.releaseAddress,
    ReplaceRoute: replaceRoute,
    RevokeSecurityGroupEgress: rules.revokeSecurityGroupEgress,
    RevokeSecurityGroupIngress: rules.revokeSecurityGroupIngress,
    StartInstances: startInstances,
    StopInstances: stopInstances,
    TerminateInstances: terminateInstances,
    UnassignPrivateIpAddresses: unassignPrivateIpAddresses,
  },
  throttled: new AwsError("RequestLimitExceeded", "Request limit exceeded.", 503),
  unauthorized: new AwsError("UnauthorizedOperation", "You are not authorized to perform this operation.", 403),
  read: (call) => readQuery(call, version),
  writeAnswer: (action, answer, requestId) =>
    xmlDocument(`${action}Response`, `http://ec2.amazonaws.com/doc/${version}/`, {
      requestId,
      ...(withItems(answer) as Answer),
    }),
  writeError: ({ code, message }, requestId) =>
    xmlDocument("Response", undefined, { Errors: { Error: { Code: code, Message: message } }, RequestID: requestId }),
};
