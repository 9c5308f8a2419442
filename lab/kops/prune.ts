/**
 * The effect of `kops update cluster --prune` on the target groups of a cluster's Auto Scaling groups
 * (upup/pkg/fi/cloudup/awstasks/autoscalinggroup.go).
 */
import { parseAllDocuments } from "yaml";
import type { Account } from "../aws/account";

interface InstanceGroup {
  kind?: string;
  metadata?: { name?: string };
  spec?: { role?: string; externalLoadBalancers?: { targetGroupArn?: string }[] };
}

/**
 * Attaches the target groups in the manifests and detaches all others.
 * @throws if a manifest names an unknown target group, as kOps' call to AWS does
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
