/** The subset of Elastic Load Balancing that Network Load Balancers with instance targets need. */
import { queryService } from "../queryService";
import * as balancers from "./loadBalancers";
import * as listeners from "./listeners";
import * as tags from "./tags";
import * as groups from "./targetGroups";

export const elbVersion = "2015-12-01";

export const elasticloadbalancing = queryService("elasticloadbalancing.amazonaws.com", elbVersion, {
  AddTags: tags.addTags,
  CreateListener: listeners.createListener,
  CreateLoadBalancer: balancers.createLoadBalancer,
  CreateTargetGroup: groups.createTargetGroup,
  DeleteListener: listeners.deleteListener,
  DeleteLoadBalancer: balancers.deleteLoadBalancer,
  DeleteTargetGroup: groups.deleteTargetGroup,
  DescribeCapacityReservation: balancers.describeCapacityReservation,
  DescribeListenerAttributes: listeners.describeListenerAttributes,
  DescribeListeners: listeners.describeListeners,
  DescribeLoadBalancerAttributes: balancers.describeLoadBalancerAttributes,
  DescribeLoadBalancers: balancers.describeLoadBalancers,
  DescribeTags: tags.describeTags,
  DescribeTargetGroupAttributes: groups.describeTargetGroupAttributes,
  DescribeTargetGroups: groups.describeTargetGroups,
  DeregisterTargets: groups.deregisterTargets,
  DescribeTargetHealth: groups.describeTargetHealth,
  ModifyListener: listeners.modifyListener,
  ModifyListenerAttributes: listeners.modifyListenerAttributes,
  ModifyLoadBalancerAttributes: balancers.modifyLoadBalancerAttributes,
  ModifyTargetGroup: groups.modifyTargetGroup,
  ModifyTargetGroupAttributes: groups.modifyTargetGroupAttributes,
  RemoveTags: tags.removeTags,
  SetSecurityGroups: balancers.setSecurityGroups,
  SetSubnets: balancers.setSubnets,
});
