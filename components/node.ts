/** Finds the node by kOps' tags, with the two calls that do not read its user data. */
import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import { IngressMode, PrimaryAddress } from "../settings/choices";
import { ownTags, roleTags, stackTag } from "../settings/tagNames";

export interface Node {
  instanceId: string;
  networkInterfaceId: string;
  primaryPrivateIp: string;
  /** `""` if the primary address has none. */
  publicIp: string;
  /** The Elastic IP that the public address is; absent if AWS assigned it at launch. */
  elasticIp?: { allocationId: string; associationId: string };
  vpcId: string;
  subnetId: string;
  /** Of its interface. */
  securityGroupIds: string[];
  /** kOps launched it with the pieces of `secondary-ingress kops`, so its interface may have the stack's security group from the start. */
  bringsGroup: boolean;
}

export interface NodeSearch {
  /** Of several control-plane nodes, mode load-balancer takes the first: nothing of it is on a node. */
  mode?: IngressMode;
  clusterName: string;
  networkInterfaceId?: string;
  /** With `elastic-ip`, an Elastic IP on the primary address that is not the program's own is refused. */
  primaryAddress?: PrimaryAddress;
}

/** Instance states in which a control plane may come back, for the message when none runs. */
const otherStates = ["pending", "stopping", "stopped"];

async function controlPlaneInstances(
  clusterName: string,
  states: string[],
  options: pulumi.InvokeOptions,
): Promise<string[]> {
  const { ids } = await ec2.getInstances(
    {
      instanceTags: { KubernetesCluster: clusterName },
      filters: [{ name: "tag-key", values: roleTags.controlPlane }],
      instanceStateNames: states,
    },
    options,
  );
  return ids;
}

async function findInstance({ clusterName, mode }: NodeSearch, options: pulumi.InvokeOptions): Promise<string> {
  const running = await controlPlaneInstances(clusterName, ["running"], options);
  const [instanceId, another] = running.toSorted();
  const searched = `expected exactly one running control-plane instance tagged KubernetesCluster=${clusterName} (and ${roleTags.controlPlane.join(" or ")})`;
  if (instanceId === undefined) {
    const others = await controlPlaneInstances(clusterName, otherStates, options);
    throw new pulumi.RunError(
      `${searched}, found none` +
        (others.length > 0
          ? ` that runs, but ${others.join(", ")}: start it`
          : ": check clusterName, aws:region and the AWS account"),
    );
  }
  if (another !== undefined && mode !== IngressMode.LoadBalancer) {
    throw new pulumi.RunError(
      `${searched}, found ${running.join(", ")}: name the node's network interface with networkInterfaceId ` +
        "(this is a layout for one node)",
    );
  }
  return instanceId;
}

/** @throws if the primary address has an Elastic IP that is not the program's own: AWS would silently take it off */
async function checkPrimaryAddress(
  clusterName: string,
  { allocationId, publicIp }: { allocationId: string; publicIp: string },
  options: pulumi.InvokeOptions,
): Promise<void> {
  const { allocationIds } = await ec2.getEips({ tags: ownTags(clusterName) }, options);
  if (allocationIds.includes(allocationId)) return;
  throw new pulumi.RunError(
    `primaryAddress: expected a primary address without an Elastic IP, or with this program's own, found ${publicIp} ` +
      `(${allocationId}), which is somebody else's: it outlives a stop already, so leave primaryAddress at keep. Nothing was changed.`,
  );
}

/**
 * The cluster's one control-plane node.
 * @throws {pulumi.RunError} naming what was found instead, before anything is made
 */
export async function findNode(search: NodeSearch, options: pulumi.InvokeOptions): Promise<Node> {
  const filters = search.networkInterfaceId
    ? undefined
    : [
        { name: "attachment.instance-id", values: [await findInstance(search, options)] },
        { name: "attachment.device-index", values: ["0"] },
      ];
  const eni = await ec2.getNetworkInterface(
    { ...(filters ? { filters } : { id: search.networkInterfaceId }) },
    options,
  );
  const instanceId = eni.attachments[0]?.instanceId;
  if (!instanceId) {
    throw new pulumi.RunError(
      `networkInterfaceId: expected an interface attached to the node, found ${eni.id}, which is attached to nothing`,
    );
  }
  if (!eni.privateIp) {
    throw new pulumi.RunError(
      `expected an IPv4 address on ${eni.id}, found none: this layout is for IPv4, and an IPv6-only node has no Elastic IPs`,
    );
  }
  const { publicIp = "", allocationId = "", associationId = "" } = eni.associations[0] ?? {};
  if (search.primaryAddress === PrimaryAddress.ElasticIp && allocationId) {
    await checkPrimaryAddress(search.clusterName, { allocationId, publicIp }, options);
  }
  return {
    instanceId,
    networkInterfaceId: eni.id,
    primaryPrivateIp: eni.privateIp,
    publicIp,
    ...(allocationId ? { elasticIp: { allocationId, associationId } } : {}),
    vpcId: eni.vpcId,
    subnetId: eni.subnetId,
    securityGroupIds: eni.securityGroups,
    // Whatever stack it names: this one may have had another name then.
    bringsGroup: stackTag in eni.tags,
  };
}
