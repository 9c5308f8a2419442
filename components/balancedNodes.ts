/** What a balancer is put in front of: the Auto Scaling groups of a kOps cluster that run applications, and where they are. */
import * as autoscaling from "@pulumi/aws/autoscaling";
import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";

export interface Balanced {
  /** Names of Auto Scaling groups. */
  groups: string[];
  /** kOps' own security group of these nodes. */
  nodeSecurityGroupId: string;
  /** A public subnet in each zone that the groups have nodes in, by zone. */
  subnets: { subnetId: string; zone: string }[];
}

/** Tags of kOps' instance groups, and the name of the security group of each role (kops pkg/model/awsmodel, firewall.go). */
const workers = { role: [{ name: "tag-key", values: ["k8s.io/role/node"] }], securityGroup: "nodes" };
const controlPlanes = {
  role: [{ name: "tag-key", values: ["k8s.io/role/control-plane", "k8s.io/role/master"] }],
  securityGroup: "masters",
};

/** The subnets that kOps lets balancers with public addresses use. */
const publicSubnets = "kubernetes.io/role/elb";

/**
 * A cluster without workers runs its applications on the control plane.
 * @throws {pulumi.RunError} naming what was found instead, before anything is made
 */
export async function findBalanced(clusterName: string, options: pulumi.InvokeOptions): Promise<Balanced> {
  const ofCluster = { name: "tag:KubernetesCluster", values: [clusterName] };
  for (const { role, securityGroup } of [workers, controlPlanes]) {
    const { names: groups } = await autoscaling.getAmiIds({ filters: [ofCluster, ...role] }, options);
    if (groups.length === 0) continue;
    const zones = (await Promise.all(groups.map((group) => autoscaling.getGroup({ name: group }, options)))).flatMap(
      ({ availabilityZones }) => availabilityZones,
    );
    const { ids } = await ec2.getSubnets(
      { filters: [ofCluster, { name: "tag-key", values: [publicSubnets] }] },
      options,
    );
    const subnets = await Promise.all(ids.map((id) => ec2.getSubnet({ id }, options)));
    const chosen = [...new Set(zones)].sort().flatMap((zone) => {
      const [subnet] = subnets
        .filter(({ availabilityZone }) => availabilityZone === zone)
        .sort((a, b) => a.id.localeCompare(b.id));
      return subnet ? [{ subnetId: subnet.id, zone }] : [];
    });
    if (chosen.length === 0) {
      throw new pulumi.RunError(
        `expected a public subnet, tagged ${publicSubnets}, in ${[...new Set(zones)].sort().join(", ")}, ` +
          `where ${groups.join(", ")} of ${clusterName} have their nodes, found none`,
      );
    }
    const { id: nodeSecurityGroupId } = await ec2.getSecurityGroup(
      { filters: [ofCluster, { name: "tag:Name", values: [`${securityGroup}.${clusterName}`] }] },
      options,
    );
    return { groups, nodeSecurityGroupId, subnets: chosen };
  }
  throw new pulumi.RunError(
    `expected Auto Scaling groups tagged KubernetesCluster=${clusterName}, found none: check clusterName, aws:region and the AWS account`,
  );
}
