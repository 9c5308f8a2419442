/** The tags by which the program knows its own things in AWS, and kOps'. Pure: policies, kOps' pieces and the dynamic provider name them too. */

/** Names the stack, `<project>/<stack>`, on what it has made, and on nodes that kOps launches for it. */
export const stackTag = "kops-secondary-ingress:stack";
export const clusterTag = "kops-secondary-ingress:cluster";
export const managedByTag = "managed-by";
export const managedBy = "kops-secondary-ingress";

/** On kOps' instances and Auto Scaling groups, by what they are (kops pkg/model/awsmodel); `master` on older clusters. */
export const roleTags = {
  worker: ["k8s.io/role/node"],
  controlPlane: ["k8s.io/role/control-plane", "k8s.io/role/master"],
};

/** On the security group of kOps' load balancer in front of the API, network or classic (kops pkg/model/names.go, ELBSecurityGroupName). */
export const apiBalancerTags = (clusterName: string): Record<string, string> => ({
  KubernetesCluster: clusterName,
  Name: `api-elb.${clusterName}`,
});

/** By which what this program made for a cluster is found again, whatever the stack is called now. */
export const ownTags = (clusterName: string): Record<string, string> => ({
  [clusterTag]: clusterName,
  [managedByTag]: managedBy,
});
