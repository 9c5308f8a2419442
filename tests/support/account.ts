/** The simulated AWS account behind the endpoint, for tests that need no lab: its shape, its names, and what kOps and IAM do with it. */
export type { Account, Address, AutoScalingGroup, NetworkInterface } from "../../lab/aws/account";
export type { Endpoint } from "../../lab/aws/endpoint";
export { targetsOf } from "../../lab/aws/elbv2/health";
export { filterBy } from "../../lab/aws/filters";
export { isAllowed } from "../../lab/aws/iam/simulation";
export { newId } from "../../lab/aws/ids";
export { labAccount, labCluster, labDomain, labInstanceId, labZoneId, otherCluster } from "../../lab/cloud/labAccount";
export { updateTargetGroups } from "../../lab/kops/prune";
export { kopsTypes, readAsKops } from "../../lab/kops/types";
export { node } from "../../lab/network/addresses";
