/** What `kops update cluster --prune` does to the target groups of a cluster's Auto Scaling groups (upup/pkg/fi/cloudup/awstasks/autoscalinggroup.go). */
import { parseAllDocuments } from "yaml";
import type { Account } from "../aws/account";

interface InstanceGroup {
  kind?: string;
  metadata?: { name?: string };
  spec?: { role?: string; externalLoadBalancers?: { targetGroupArn?: string }[] };
}

/**
 * Attaches the target groups that the manifests name, and detaches all others.
 * @throws where a manifest names one that is not there, as kOps' call to AWS does
 */
export function updateTargetGroups(account: Account, cluster: string, manifests: string): void {
  for (const document of parseAllDocuments(manifests)) {
    const { kind, metadata, spec } = document.toJS() as InstanceGroup;
    if (kind !== "InstanceGroup") continue;
    const name = `${metadata?.name ?? ""}${spec?.role === "Node" ? "" : ".masters"}.${cluster}`;
    const group = account.autoScalingGroups?.find((each) => each.name === name);
    if (!group) throw new Error(`expected the Auto Scaling group ${name}, found none`);
    const wanted = (spec?.externalLoadBalancers ?? []).flatMap(({ targetGroupArn }) => targetGroupArn ?? []);
    const unknown = wanted.find((arn) => !account.targetGroups?.some((each) => each.arn === arn));
    if (unknown !== undefined) throw new Error(`expected a target group ${unknown}, found none`);
    group.targetGroupArns = wanted;
  }
}
