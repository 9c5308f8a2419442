/** The targets of a balancer: the Auto Scaling groups of a kOps cluster that run applications, and their zones. */
import * as autoscaling from "@pulumi/aws/autoscaling";
import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import { roleTags } from "../settings/tagNames";

export interface Balanced {
  /** Names of Auto Scaling groups. */
  groups: string[];
  /** kOps' own security group of these nodes. */
  nodeSecurityGroupId: string;
  /** The zones that the groups have nodes in, sorted, and the public subnets of each: one at least. */
  zones: { zone: string; subnetIds: string[] }[];
}

/** Roles of kOps' instance groups, and the name of the security group of each role (kops pkg/model/awsmodel, firewall.go). */
const workers = { role: [{ name: "tag-key", values: roleTags.worker }], securityGroup: "nodes" };
const controlPlanes = {
  role: [{ name: "tag-key", values: roleTags.controlPlane }],
  securityGroup: "masters",
};

/** The subnets that kOps lets balancers with public addresses use. */
const publicSubnets = "kubernetes.io/role/elb";

interface Searched {
  clusterName: string;
  /** Names of Auto Scaling groups. */
  groups: string[];
  options: pulumi.InvokeOptions;
}

/** @throws {pulumi.RunError} naming each zone without a public subnet: its nodes would never get a connection */
async function findZones({ clusterName, groups, options }: Searched): Promise<Balanced["zones"]> {
  const found = await Promise.all(groups.map((name) => autoscaling.getGroup({ name }, options)));
  const zones = [...new Set(found.flatMap(({ availabilityZones }) => availabilityZones))].sort();
  // A subnet that the cluster shares with others has no tag KubernetesCluster, but this one (kops pkg/model/context.go, CloudTags).
  const ofCluster = `kubernetes.io/cluster/${clusterName}`;
  const { ids } = await ec2.getSubnets(
    {
      filters: [
        { name: `tag:${ofCluster}`, values: ["owned", "shared"] },
        { name: "tag-key", values: [publicSubnets] },
      ],
    },
    options,
  );
  const subnets = await Promise.all(ids.map((id) => ec2.getSubnet({ id }, options)));
  const subnetsIn = (zone: string): string[] =>
    subnets
      .filter(({ availabilityZone }) => availabilityZone === zone)
      .map(({ id }) => id)
      .sort();
  const without = zones.filter((zone) => subnetsIn(zone).length === 0);
  if (without.length > 0) {
    throw new pulumi.RunError(
      `expected a public subnet, tagged ${publicSubnets} and ${ofCluster}, in each zone where ${groups.join(", ")} have ` +
        `their nodes, found none in ${without.join(", ")}: the balancer would send no connection to the nodes there. Tag one: ` +
        `aws ec2 create-tags --resources <subnet> --tags Key=${publicSubnets},Value=1 Key=${ofCluster},Value=shared`,
    );
  }
  return zones.map((zone) => ({ zone, subnetIds: subnetsIn(zone) }));
}

async function findSecurityGroup(name: string, { clusterName, options }: Searched): Promise<string> {
  const filters = [
    { name: "tag:KubernetesCluster", values: [clusterName] },
    { name: "tag:Name", values: [name] },
  ];
  const { id } = await ec2.getSecurityGroup({ filters }, options).catch((error: unknown) => {
    throw new pulumi.RunError(
      `expected one security group ${name} of ${clusterName}, as kOps makes it, found another number of them ` +
        `(${(error as Error).message}). Instance groups with securityGroupOverride have none: mode load-balancer does not support them`,
    );
  });
  return id;
}

/**
 * A cluster without workers runs its applications on the control plane.
 * @throws {pulumi.RunError} naming what was found instead, before anything is made
 */
export async function findBalanced(clusterName: string, options: pulumi.InvokeOptions): Promise<Balanced> {
  const ofCluster = { name: "tag:KubernetesCluster", values: [clusterName] };
  for (const { role, securityGroup } of [workers, controlPlanes]) {
    const { names: groups } = await autoscaling.getAmiIds({ filters: [ofCluster, ...role] }, options);
    if (groups.length === 0) continue;
    const searched = { clusterName, groups, options };
    const [zones, nodeSecurityGroupId] = await Promise.all([
      findZones(searched),
      findSecurityGroup(`${securityGroup}.${clusterName}`, searched),
    ]);
    return { groups, nodeSecurityGroupId, zones };
  }
  throw new pulumi.RunError(
    `expected Auto Scaling groups tagged KubernetesCluster=${clusterName}, found none: check clusterName, aws:region and the AWS account`,
  );
}
